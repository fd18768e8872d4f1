import type { Reader } from '../db/open.ts'
import type { Blobs } from '../files/blobs.ts'
import { linesOf } from '../files/diff/diff.ts'
import { kindOf, mediaTypeOf } from '../files/languages.ts'
import type { FileRow } from '../projects/page.ts'
import { projectById } from '../projects/projects.ts'
import { MOST_SHOWN_BYTES, textOf } from './diff/side.ts'
import { fileAt, fileRow, filesOf } from './files.ts'
import { type Highlighter, PLAIN } from './highlight/highlighter.ts'
import { paintLine } from './highlight/paint.ts'
import { type TreeFolder, treeBeside } from './tree.ts'
import { type FileVersion, versionsOf } from './versions/versions.ts'

/** Most lines that are shown, as many as a browser lays out with ease: of a longer file these are the first. */
const MOST_LINES = 20_000
/** Versions that can be chosen beside a file; its page of versions has all. */
const MOST_VERSIONS = 20

/** What browsers play by themselves. */
const PLAYED = /^(video|audio)\/(?:mp4|webm|mpeg|wav|ogg|flac)$/
export type Plays = 'video' | 'audio' | null

export interface PageDeps {
  read: Reader
  blobs: Blobs
  highlighter: Highlighter
}

export interface FilePage {
  project: { id: string; title: string }
  /** `shown` are its lines as safe HTML; null when it isn't shown as text. */
  file: FileRow & { lines: number; shown: string[] | null; isPicture: boolean; plays: Plays; isTooLong: boolean }
  /** The newest first. */
  versions: FileVersion[]
  newest: FileVersion
  tree: TreeFolder
}

/** What the viewer shows of a file as it is, or of one of its versions. @throws NotFound `unknown_project`, `unknown_file` */
export async function filePage(deps: PageDeps, project: string, path: string, version?: number): Promise<FilePage> {
  const { id, title } = await projectById(deps.read, project)
  const file = await fileAt(deps.read, id, path, version)
  const text = await textOf(deps, file)
  const lines = text === null ? [] : linesOf(text).map((line) => line.replace(/\r?\n$/, ''))
  const versions = await versionsOf(deps.read, id, file.path)
  const row = fileRow(file)
  return {
    project: { id, title },
    file: {
      ...row,
      rawUrl: version === undefined ? row.rawUrl : `${row.rawUrl}?version=${version}`,
      lines: lines.length,
      shown: text === null ? null : await drawn(deps.highlighter, file, lines.slice(0, MOST_LINES)),
      isPicture: kindOf(file.path) === 'picture',
      plays: playsAs(file.path),
      isTooLong: kindOf(file.path) === 'text' && file.bytes > MOST_SHOWN_BYTES,
    },
    versions: versions.slice(-MOST_VERSIONS).toReversed(),
    newest: versions.at(-1)!,
    tree: treeBeside(id, await filesOf(deps.read, id), file.path),
  }
}

function playsAs(path: string): Plays {
  return (PLAYED.exec(mediaTypeOf(path))?.[1] as Plays | undefined) ?? null
}

async function drawn(
  highlighter: Highlighter,
  { language, hash }: { language: string; hash: string },
  lines: string[],
): Promise<string[]> {
  const colours = lines.length < MOST_LINES ? await highlighter.colours(language, hash, lines) : PLAIN
  return lines.map((line, at) => paintLine(line, colours.of(at)))
}
