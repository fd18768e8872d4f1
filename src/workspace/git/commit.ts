import { caseKey } from '../../files/paths.ts'
import type { FileChange } from './history.ts'

/** Longest first line of a message, in characters: what git's own tools show whole. */
const SUBJECT_LENGTH = 72
/** Changes that a message names of those that were taken back. */
const NAMED = 20
/** Names that git itself acts on where it checks a project out, also as old file systems shorten them. */
const ACTED_ON = /^(\.gitmodules|gitmod~\d+|gi7eba~\d+)$/
/** Who commits: the program that keeps the history. */
export const HEARTH = { name: 'Hearth', email: 'hearth@hearth.invalid' }

export interface Signature {
  name: string
  email: string
}

export interface CommitFacts {
  author: Signature
  /** The model that wrote it, when a job did. */
  model: string | null
}

/** A path that a commit leaves out, since git would act on a file of this name and not only keep it. */
export function isLeftOut(path: string): boolean {
  return path.split('/').some((segment) => ACTED_ON.test(caseKey(segment.replace(/\p{Cf}/gu, ''))))
}

/** A person as git names them: by the address that they sign in with. */
export function signatureOf(email: string): Signature {
  const address = email.replace(/[<>\p{C}\s]/gu, '')
  if (!address.includes('@')) return { name: 'Owner', email: 'owner@hearth.invalid' }
  return { name: address.slice(0, address.indexOf('@')), email: address }
}

/** What a commit says: why, then what did it, in the form that `git interpret-trailers` reads. */
export function messageOf(change: FileChange, { model }: Pick<CommitFacts, 'model'>): string {
  const said = (change.reason ?? whatOf(change))
    .replace(/\r\n?/g, '\n')
    .replace(/[\p{Cc}--[\n]]/gv, ' ')
    .trim()
  const [first = '', ...rest] = said.split('\n')
  const { subject, more } = cut(first.trim() || whatOf(change))
  const body = [more, ...rest].join('\n').trim()
  const left = change.files.map(({ path }) => path).filter(isLeftOut)
  const note = left.length > 0 ? `Left out here, since git would act on it: ${left.join(', ')}` : ''
  const trailers = [
    `Change: ${change.id}`,
    ...change.undoes.slice(0, NAMED).map((undone) => `Undoes: ${undone}`),
    ...(change.job ? [`Job: ${change.job}`] : []),
    ...(model ? [`Model: ${model}`] : []),
  ]
  const prefix = change.undoes.length > 0 && !/^und(o|id)\b/i.test(subject) ? 'Undo: ' : ''
  return `${[`${prefix}${subject}`, body, note, trailers.join('\n')].filter(Boolean).join('\n\n')}\n`
}

/** The change that a commit was made of, as its message says. */
export function changeIn(message: string): string | undefined {
  return [...message.matchAll(/^Change: (\S+)$/gm)].at(-1)?.[1]
}

/** What was done, for a change whose author gave no reason. */
function whatOf({ files }: FileChange): string {
  const [first, ...others] = files
  const { path, before, after } = first!
  const verb = after === null ? 'Remove' : before === null ? 'Add' : 'Change'
  if (others.length === 0) return `${verb} ${path}`
  return `Change ${files.length} files: ${path}, …`
}

function cut(line: string): { subject: string; more: string } {
  const chars = [...line]
  if (chars.length <= SUBJECT_LENGTH) return { subject: line, more: '' }
  const start = chars.slice(0, SUBJECT_LENGTH - 1).join('')
  const end = start.includes(' ') ? start.lastIndexOf(' ') : start.length
  return { subject: `${line.slice(0, end)}…`, more: `…${line.slice(end).trimStart()}` }
}
