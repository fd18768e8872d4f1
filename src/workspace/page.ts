import type { Reader } from '../db/open.ts'
import type { Blobs } from '../files/blobs.ts'
import { kindOf } from '../files/languages.ts'
import type { FileRow } from '../projects/page.ts'
import { projectById } from '../projects/projects.ts'
import { fileAt, fileRow, fileRows, readFileText } from './files.ts'

/** Longest file that is shown as text, in bytes: a longer one is for downloading. */
const MAX_BYTES = 2_000_000

export interface FilePage {
  project: { id: string; title: string; status: string }
  /** `html` is safe, one line of it for each of the file's; null when it isn't shown as text. */
  file: FileRow & { lines: number; html: string | null; isPicture: boolean; isBinary: boolean }
  files: FileRow[]
}

/** What the viewer shows of one file. @throws NotFound `unknown_project`, `unknown_file` */
export async function filePage(deps: { read: Reader; blobs: Blobs }, project: string, path: string): Promise<FilePage> {
  const { id, title, status } = await projectById(deps.read, project)
  const file = await fileAt(deps.read, id, path)
  const shown = kindOf(file.path) === 'text' && file.bytes <= MAX_BYTES
  const text = shown ? await readFileText(deps, file) : null
  const lines = text === null || text.includes('\0') ? null : await highlighted(file.path, text)
  const isPicture = kindOf(file.path) === 'picture'
  return {
    project: { id, title, status },
    file: {
      ...fileRow(file),
      lines: lines?.length ?? 0,
      html: lines?.join('\n') ?? null,
      isPicture,
      isBinary: !isPicture && lines === null,
    },
    files: await fileRows(deps.read, id),
  }
}

/** The grammars are loaded with the first file that is looked at: a server that nobody looks into stays small. */
async function highlighted(path: string, text: string): Promise<string[]> {
  const { highlightLines } = await import('./highlight.ts')
  return highlightLines(path, text)
}
