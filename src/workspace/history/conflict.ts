import { choicesIn } from '../../changes/choices.ts'
import type { Contest, Contested } from '../../changes/contest.ts'
import { type ContestView, contestViews, type SideWords, sayValue } from '../../changes/contest-view.ts'
import { stateAt } from '../../changes/history.ts'
import { type LastChange, lastChanges } from '../../changes/lasts.ts'
import type { Reader } from '../../db/open.ts'
import type { BlobRef, Blobs } from '../../files/blobs.ts'
import { FILE } from '../file-entity.ts'
import { type Contents, textIn } from './operation-view.ts'
import { nameOf } from './words.ts'

/** What a page shows on which a contested change is decided. */
export interface ConflictPage {
  project: { id: string; title: string }
  title: string
  message: string
  contests: (ContestView & { last: LastChange | null })[]
  places: number
  /** Where the decision is sent, with what else the form carries. */
  action: string
  hidden: [name: string, value: string][]
  /** What somebody typed, that is sent along. */
  typed: string | null
  /** Somebody changed it again while this was decided. */
  moved: boolean
  back: { url: string; words: string }
  send: string
}

interface Deps {
  read: Reader
  blobs: Blobs
}

type Given = Omit<ConflictPage, 'contests' | 'places' | 'message' | 'moved'> & {
  /** Without, what the error says. */
  message?: string
  words: SideWords
  /** The form as it was sent: what it chose and still fits stays chosen. */
  body: unknown
  /** The texts of contents that are kept nowhere. */
  known?: Contents
}

/** The page on which a person decides what is contested. */
export async function conflictPage(
  deps: Deps,
  error: Contested,
  { words, body, known, ...given }: Given,
): Promise<ConflictPage> {
  const { contests } = error
  const sent = choicesIn(body)
  const names = await namesOf(deps.read, given.project.id, contests)
  const texts = await textsOf(deps, contests, known)
  const views = contestViews(contests, {
    words,
    sent,
    nameOf: ({ entity, id }) => names.get(`${entity} ${id}`) ?? id,
    say: (value, field, { entity }) =>
      entity === FILE ? sayContent(value as BlobRef | null, texts) : sayState(value, field),
  })
  const lasts = await lastChanges(deps.read, contests)
  return {
    ...given,
    message: given.message ?? error.message,
    contests: views.map((view, at) => ({ ...view, last: lasts.get(contests[at]!.last ?? '') ?? null })),
    places: views.flatMap(({ fields }) => fields.flatMap(({ parts }) => parts.filter(({ kind }) => kind === 'place')))
      .length,
    moved: sent.length > 0,
  }
}

async function namesOf(read: Reader, scope: string, contests: Contest[]): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const { entity, id, seen, version } of contests) {
    const state = (await stateAt(read, { scope, entity, id, version: version || seen })) ?? null
    names.set(`${entity} ${id}`, nameOf({ entity, entityId: id, before: state, after: null }))
  }
  return names
}

async function textsOf({ read, blobs }: Deps, contests: Contest[], known: Contents = new Map()): Promise<Contents> {
  const texts = new Map(known)
  const states = contests
    .filter(({ entity }) => entity === FILE)
    .flatMap(({ disputes }) =>
      disputes.filter(({ regions }) => !regions).flatMap(({ base, mine, theirs }) => [base, mine, theirs]),
    )
  for (const state of states as (BlobRef | null)[]) {
    if (!state || texts.has(state.hash)) continue
    const text = await textIn(blobs, read, state.hash)
    if (text !== undefined) texts.set(state.hash, text)
  }
  return texts
}

function sayContent(state: BlobRef | null, texts: Contents): string {
  if (state === null) return '(no file)'
  return texts.get(state.hash) ?? `(a file of ${state.bytes} bytes)`
}

function sayState(value: unknown, field: string): string {
  if (value === null || value === undefined) return '(none)'
  if (field !== 'whole') return sayValue(value, field)
  const { title } = value as { title?: string }
  return title ?? '(it is there)'
}
