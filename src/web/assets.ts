import { Elysia } from 'elysia'
import { listFiles, readBytes, readText } from '../assets.ts'
import { NotFound } from '../errors.ts'

/** What the pages load: styles, scripts, fonts, icons. All of it lies under this folder on board. */
const FOLDER = 'public'
const YEAR_S = 31_536_000
const HASH_LENGTH = 10

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
}

interface Asset {
  url: string
  hash: string
  type: string
  body: Uint8Array<ArrayBuffer>
}

const loaded = new Map<string, Asset>()

/** The URL of an asset by its name in `public/` (`app.css`, `vendor/htmx.min.js`), with the hash of its content in it. @throws Error on an unknown name. */
export function asset(name: string): string {
  return load(name).url
}

/** Serves `/assets/<name>.<hash>.<ext>`: for ever when the hash is right, to be asked again when it is an older one's. */
export const assetRoutes = new Elysia({ name: 'assets' }).get('/assets/*', ({ params, request }) =>
  assetResponse(params['*'], request),
)

function assetResponse(path: string, request: Request): Response {
  const parts = /^([\w./-]+)\.([0-9a-z]+)\.([0-9a-z]+)$/.exec(path)
  const name = parts && `${parts[1]}.${parts[3]}`
  if (!name || !known(name)) throw new NotFound('asset', path)
  const found = load(name)
  const headers = {
    'content-type': found.type,
    'cache-control': parts[2] === found.hash ? `public, max-age=${YEAR_S}, immutable` : 'no-cache',
    etag: `"${found.hash}"`,
  }
  if (request.headers.get('if-none-match') === headers.etag) return new Response(null, { status: 304, headers })
  return new Response(found.body, { headers })
}

function known(name: string): boolean {
  return loaded.has(name) || listFiles(FOLDER).includes(`${FOLDER}/${name}`)
}

function load(name: string): Asset {
  const before = loaded.get(name)
  if (before) return before
  const extension = name.slice(name.lastIndexOf('.') + 1)
  const body = extension === 'css' ? styleSheet(name) : readBytes(`${FOLDER}/${name}`)
  const hash = Bun.hash(body).toString(36).slice(0, HASH_LENGTH)
  const url = `/assets/${name.slice(0, -extension.length)}${hash}.${extension}`
  const made = { url, hash, type: TYPES[extension] ?? 'application/octet-stream', body }
  loaded.set(name, made)
  return made
}

/** A style sheet names its fonts by their plain names; what goes out names them by their hashed URLs. */
function styleSheet(name: string): Uint8Array<ArrayBuffer> {
  const text = readText(`${FOLDER}/${name}`)
  return new TextEncoder().encode(text.replace(/url\("([^":]+)"\)/g, (_, file: string) => `url("${asset(file)}")`))
}
