import type { Reader } from '../db/open.ts'
import type { Blobs } from '../files/blobs.ts'
import { linesOf } from '../files/diff/diff.ts'
import { kindOf } from '../files/languages.ts'
import type { FileRow } from '../projects/page.ts'
import { projectById } from '../projects/projects.ts'
import { MOST_SHOWN_BYTES, textOf } from './diff/side.ts'
import { fileAt, fileRow, fileRows } from './files.ts'
import { type Highlighter, PLAIN } from './highlight/highlighter.ts'
import { paintLine } from './highlight/paint.ts'

/** Most lines that are shown, as many as a browser lays out with ease: of a longer file these are the first. */
const MOST_LINES = 20_000

export interface PageDeps {
  read: Reader
  blobs: Blobs
  highlighter: Highlighter
}

export interface FilePage {
  project: { id: string; title: string; status: string }
  /** `shown` are its lines as safe HTML; null when it isn't shown as text. */
  file: FileRow & { lines: number; shown: string[] | null; isPicture: boolean; isTooLong: boolean }
  files: FileRow[]
}

/** What the viewer shows of one file. @throws NotFound `unknown_project`, `unknown_file` */
export async function filePage(deps: PageDeps, project: string, path: string): Promise<FilePage> {
  const { id, title, status } = await projectById(deps.read, project)
  const file = await fileAt(deps.read, id, path)
  const text = await textOf(deps, file)
  const lines = text === null ? [] : linesOf(text).map((line) => line.replace(/\r?\n$/, ''))
  return {
    project: { id, title, status },
    file: {
      ...fileRow(file),
      lines: lines.length,
      shown: text === null ? null : await drawn(deps.highlighter, file, lines.slice(0, MOST_LINES)),
      isPicture: kindOf(file.path) === 'picture',
      isTooLong: kindOf(file.path) === 'text' && file.bytes > MOST_SHOWN_BYTES,
    },
    files: await fileRows(deps.read, id),
  }
}

async function drawn(
  highlighter: Highlighter,
  { language, hash }: { language: string; hash: string },
  lines: string[],
): Promise<string[]> {
  const colours = lines.length < MOST_LINES ? await highlighter.colours(language, hash, lines) : PLAIN
  return lines.map((line, at) => paintLine(line, colours.of(at)))
}
