import { projectPath } from '../paths.ts'
import type { FileEdit } from './edit.ts'
import type { EditFailure } from './failure.ts'
import { joined, lineEnd, textLines } from './lines.ts'
import { standIn } from './stand-ins.ts'

/**
 * A whole file as it is given, with the line ends and the byte order mark of the one that is there. Refused when it gets shorter
 * and holds a comment that stands for what was there: then it is no whole file.
 */
export function wholeFile(
  before: string | undefined,
  { path, content, block, creates }: Extract<FileEdit, { content: string }>,
): string | EditFailure[] {
  if (before === undefined) return isPath(path) ? content : [{ reason: 'unknown_file', block, message: BAD_PATH }]
  if (creates && before !== '') return [{ reason: 'exists', block, message: EXISTS }]
  const old = textLines(before)
  const young = textLines(content)
  const texts = ({ lines }: typeof old) => lines.map(({ text }) => text)
  const instead = young.lines.length < old.lines.length ? standIn(path, texts(young), texts(old)) : undefined
  if (instead !== undefined) return [{ reason: 'placeholder', message: leftOut(instead) }]
  const windows = lineEnd(old.lines) === '\r\n'
  const lines = young.lines.map(({ text, end }) => ({ text, end: windows && end === '\n' ? '\r\n' : end }))
  const after = joined({ mark: old.mark || young.mark, lines })
  return after === before ? [{ reason: 'no_change', message: SAME }] : after
}

function isPath(path: string): boolean {
  try {
    return projectPath(path) === path
  } catch {
    return false
  }
}

const BAD_PATH = 'this is no path of a project: it must be relative, with plain names.'
const EXISTS = 'this file is there already: give blocks that change it.'
const SAME = 'the file is there with this content already.'

function leftOut(line: string): string {
  return `“${line.slice(0, 120)}” stands for text that was left out, and the file is shorter than it was. Write all of it.`
}
