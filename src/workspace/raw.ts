import type { Blobs } from '../files/blobs.ts'
import { kindOf, mediaTypeOf } from '../files/languages.ts'
import { KINDS } from '../files/media/kinds.ts'
import { markOf } from '../files/media/sniff.ts'
import { openFile, type ProjectFile } from './files.ts'
import { contentResponse } from './ranges.ts'
import { disposition } from './urls.ts'

/** Shown in the browser as what they are; everything else is text, or is downloaded. */
const SHOWN = /^(image\/(png|jpeg|gif|webp|avif)|video\/(mp4|webm)|audio\/(mpeg|mp4|wav|ogg|flac))$/
const NO_KIND = 'application/octet-stream'
/** Should a browser ever take a file for a page after all, it is one that can do nothing. */
const POLICY = "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'"

/**
 * A file's bytes on the app's own origin. Text of any language is sent as plain text, so that neither a page nor a
 * script of a project can act here; an SVG, which may hold scripts, is drawn in `<img>` and otherwise downloaded. A picture, clip or
 * sound is what its content says and not its name: what has no mark of one is data, to be downloaded.
 */
export async function rawResponse(blobs: Blobs, request: Request, file: ProjectFile): Promise<Response> {
  const headers = {
    etag: `"${file.version}"`,
    'cache-control': 'private, no-cache',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
  }
  if (matches(request, headers.etag)) return new Response(null, { status: 304, headers })
  const content = await openFile({ blobs }, file)
  const text = kindOf(file.path) === 'text'
  const media = await mediaOf(file.path, content)
  return contentResponse(request, content, {
    ...headers,
    'content-type': text ? 'text/plain; charset=utf-8' : media,
    'content-disposition': disposition(text || SHOWN.test(media) ? 'inline' : 'attachment', file.path),
    'content-length': String(file.bytes),
  })
}

async function mediaOf(path: string, content: Blob): Promise<string> {
  const said = mediaTypeOf(path)
  if (!SHOWN.test(said)) return said
  const mark = await markOf(content)
  const media = mark ? KINDS[mark].media : NO_KIND
  return SHOWN.test(media) ? media : NO_KIND
}

function matches(request: Request, etag: string): boolean {
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
