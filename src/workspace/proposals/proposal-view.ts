import type { Reader } from '../../db/open.ts'
import type { BlobRef, Blobs } from '../../files/blobs.ts'
import type { ChangedLine } from '../../files/diff/changed-lines.ts'
import { type Diff, diffTexts } from '../../files/diff/diff.ts'
import { withRuns } from '../../files/diff/take.ts'
import { kindOf, languageOf } from '../../files/languages.ts'
import type { Proposal, ProposedEdit } from '../../projects/tables.ts'
import { taskById } from '../../projects/tasks.ts'
import { sideOf } from '../diff/side.ts'
import { type DiffView, diffView, type Side } from '../diff/view.ts'
import { type Effects, effectsOf, NO_EFFECTS, shownEdits } from '../effects/effects.ts'
import { fileAt, type ProjectFile } from '../files.ts'
import type { Highlighter } from '../highlight/highlighter.ts'

/** Lines of a part that are shown; the rest is counted. */
const LINES_SHOWN = 200

export interface ProposalDeps {
  read: Reader
  blobs: Blobs
  highlighter: Highlighter
}

/** One place of a text that would change, which can be taken alone. */
export interface ProposedPart {
  nth: number
  /** The first of its lines, from 1, in what is there. */
  line: number
  lines: ChangedLine[]
}

/** A file that would change. */
export interface ProposedFile {
  path: string
  does: 'adds' | 'changes' | 'deletes'
  diff: DiffView
  /** More than one: each can be taken alone. */
  parts: ProposedPart[]
  effects: Effects
}

/** A proposal as its page shows it. */
export interface ProposalView {
  id: string
  job: string
  reason: string
  at: number
  task: { id: string; title: string }
  files: ProposedFile[]
}

/** What a person decides on: each file beside the version that it was made from. */
export async function proposalView(deps: ProposalDeps, proposal: Proposal): Promise<ProposalView> {
  const { id, job, reason, at, project } = proposal
  const { title } = await taskById(deps.read, proposal.task)
  const sides: ProposedSides[] = []
  for (const edit of proposal.edits) sides.push(await sidesOf(deps, project, edit))
  const edits = sides.flatMap(({ path, before, after }) =>
    shownEdits(path, before, after, { url: null, isPresent: true }),
  )
  const effects = await effectsOf(deps, project, edits)
  const files: ProposedFile[] = []
  for (const each of sides) files.push(await proposedFile(deps, each, effects.get(each.path) ?? NO_EFFECTS))
  return { id, job, reason, at, task: { id: proposal.task, title }, files }
}

/** The text that comes of taking only some parts of an edit. */
export async function textOfParts(
  deps: Pick<ProposalDeps, 'read' | 'blobs'>,
  project: string,
  edit: ProposedEdit,
  taken: ReadonlySet<number>,
): Promise<string> {
  return withRuns(await diffOf(deps, project, edit), taken)
}

interface ProposedSides {
  path: string
  before: Side | null
  after: Side | null
}

async function sidesOf(deps: ProposalDeps, project: string, edit: ProposedEdit): Promise<ProposedSides> {
  const was = await baseOf(deps.read, project, edit)
  return { path: edit.id, before: was && (await sideOf(deps, was)), after: await newSide(deps, project, edit) }
}

async function proposedFile(
  deps: ProposalDeps,
  { path, before, after }: ProposedSides,
  effects: Effects,
): Promise<ProposedFile> {
  const diff = await diffView(deps.highlighter, path, before, after, { view: 'inline' })
  const isText = diff.kind === 'text' && before !== null && after !== null
  const parts = isText ? partsOf(diffTexts(before.text ?? '', after.text ?? '')) : []
  const does = after === null ? 'deletes' : before === null ? 'adds' : 'changes'
  return { path, does, diff, parts, effects }
}

async function baseOf(read: Reader, project: string, { id, baseVersion }: ProposedEdit): Promise<ProjectFile | null> {
  return baseVersion === 0 ? null : fileAt(read, project, id, baseVersion)
}

async function newSide(deps: ProposalDeps, project: string, edit: ProposedEdit) {
  if (edit.do === 'delete') return null
  const { hash, bytes } = edit.state as BlobRef
  const file = { project, path: edit.id, version: 0, language: languageOf(edit.id), hash, bytes, at: 0 }
  const { url: _, rawUrl: __, ...side } = await sideOf(deps, file)
  return { ...side, label: 'proposed' }
}

async function diffOf(deps: Pick<ProposalDeps, 'read' | 'blobs'>, project: string, edit: ProposedEdit): Promise<Diff> {
  const was = await baseOf(deps.read, project, edit)
  const text = async (hash: string) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(await deps.blobs.read(hash))
  return diffTexts(was ? await text(was.hash) : '', await text((edit.state as BlobRef).hash))
}

function partsOf({ before, after, runs }: Diff): ProposedPart[] {
  if (runs.length < 2) return []
  return runs.map(({ from, to, newFrom, newTo }, nth) => ({
    nth,
    line: from + 1,
    lines: [...signed('-', before.slice(from, to)), ...signed('+', after.slice(newFrom, newTo))],
  }))
}

function signed(sign: '-' | '+', lines: string[]): ChangedLine[] {
  const shown = lines.slice(0, LINES_SHOWN).map((line) => ({ sign, text: line.replace(/\r?\n$/, '') }))
  const left = lines.length - shown.length
  return left > 0 ? [...shown, { sign: '…', text: `${left} more lines` }] : shown
}

/** Whether parts of it can be taken alone. */
export function isInParts(edit: ProposedEdit): boolean {
  return edit.do === 'put' && edit.baseVersion > 0 && kindOf(edit.id) === 'text'
}
