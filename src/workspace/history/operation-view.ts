import { cut, fieldWord, type Segment, sayValue } from '../../changes/contest-view.ts'
import type { Operation } from '../../changes/tables.ts'
import type { Reader } from '../../db/open.ts'
import { Invalid } from '../../errors.ts'
import { type BlobRef, type Blobs, isBlobMissing } from '../../files/blobs.ts'
import { markWords } from '../../files/diff/words.ts'
import { kindOf } from '../../files/languages.ts'
import { type DiffView, diffView, type Side } from '../diff/view.ts'
import type { Effects } from '../effects/effects.ts'
import { FILE } from '../file-entity.ts'
import type { Highlighter } from '../highlight/highlighter.ts'
import { fileUrl, rawUrl } from '../urls.ts'
import { nameOf, verbFor } from './words.ts'

/** Operations whose differences one page shows. */
export const OPERATIONS_SHOWN = 20
/** Longest content that is compared on a page with others, in bytes. */
const MOST_COMPARED = 1_000_000

/** What a change did to one thing, as a page shows it. */
export interface OperationView {
  entity: string
  name: string
  verb: string
  /** The page of the thing; null where it has none (any more). */
  url: string | null
  history: string
  /** What others had changed since the author looked was merged with it. */
  merged: boolean
  diffs: { label: string | null; diff: DiffView }[]
  fields: { label: string; before: Segment[]; after: Segment[] }[]
  /** Null where nobody looked. */
  effects: Effects | null
}

/** The texts of contents by their hashes; those of bytes, and long ones, are left out. */
export type Contents = ReadonlyMap<string, string>

/** The texts that operations on files led from and to, read by the caller's connection. */
export async function contentsOf(blobs: Blobs, read: Reader, operations: Operation[]): Promise<Contents> {
  const texts = new Map<string, string>()
  for (const { entity, entityId, before, after } of operations) {
    if (entity !== FILE || kindOf(entityId) !== 'text') continue
    for (const state of [before, after] as (BlobRef | null)[]) {
      if (!state || state.bytes > MOST_COMPARED || texts.has(state.hash)) continue
      const text = await textIn(blobs, read, state.hash)
      if (text !== undefined) texts.set(state.hash, text)
    }
  }
  return texts
}

/** The text of a content; undefined where it is none, or gone. */
export async function textIn(blobs: Blobs, read: Reader, hash: string): Promise<string | undefined> {
  try {
    return await blobs.readIn(read, hash)
  } catch (error) {
    if (error instanceof Invalid || isBlobMissing(error)) return undefined
    throw error
  }
}

export function operationView(
  highlighter: Highlighter,
  operation: Operation,
  contents: Contents,
): Promise<OperationView> {
  return operation.entity === FILE ? fileView(highlighter, operation, contents) : fieldsView(highlighter, operation)
}

async function fileView(highlighter: Highlighter, operation: Operation, contents: Contents): Promise<OperationView> {
  const { scope, entityId: path, version, baseVersion } = operation
  const [before, after] = [operation.before, operation.after] as (BlobRef | null)[]
  const side = (state: BlobRef | null, at: number): Side | null =>
    state && {
      label: `version ${at}`,
      key: state.hash,
      bytes: state.bytes,
      text: contents.get(state.hash) ?? null,
      rawUrl: `${rawUrl(scope, path)}?version=${at}`,
    }
  const diff = await diffView(highlighter, path, side(before ?? null, baseVersion), side(after ?? null, version))
  return {
    ...headOf(operation),
    url: operation.after === null ? null : fileUrl(scope, path),
    diffs: [{ label: null, diff }],
    fields: [],
    effects: null,
  }
}

async function fieldsView(highlighter: Highlighter, operation: Operation): Promise<OperationView> {
  const [before, after] = [operation.before ?? {}, operation.after ?? {}] as Record<string, unknown>[]
  const names = [...new Set([...Object.keys(before!), ...Object.keys(after!)])].filter((field) => !HIDDEN.has(field))
  const changed = names.filter((field) => !Bun.deepEquals(before![field] ?? null, after![field] ?? null))
  const view: OperationView = {
    ...headOf(operation),
    url: operation.entity === 'task' && operation.after !== null ? `/tasks/${operation.entityId}` : null,
    diffs: [],
    fields: [],
    effects: null,
  }
  for (const field of changed) {
    const [old, young] = [sayValue(before![field], field), sayValue(after![field], field)]
    const label = fieldWord(field)
    if (`${old}${young}`.includes('\n')) {
      const diff = await diffView(highlighter, `${field}.txt`, sideOf(old), sideOf(young), { view: 'inline' })
      view.diffs.push({ label, diff })
    } else {
      const marks = markWords(old, young)
      view.fields.push({ label, before: cut(old, marks.old), after: cut(young, marks.young) })
    }
  }
  return view
}

/** What a person can't see of a thing anyway. */
const HIDDEN = new Set(['key', 'position'])

function headOf(operation: Operation) {
  const { scope, entity, entityId, seen } = operation
  const of = new URLSearchParams({ entity, id: entityId })
  return {
    entity,
    name: nameOf(operation),
    verb: verbFor(operation),
    history: `/projects/${encodeURIComponent(scope)}/history?${of}`,
    merged: seen !== null,
  }
}

function sideOf(text: string): Side {
  return { label: '', key: `text ${Bun.hash(text)}`, bytes: text.length, text }
}
