import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { changesOf } from '../../src/changes/history.ts'
import type { Change, Operation } from '../../src/changes/tables.ts'
import { DomainError } from '../../src/errors.ts'
import { type Note, notebook } from './support.ts'

const LINES = 5
const START: Note = { text: 'start', tags: [], body: body(Array(LINES).fill('start')) }

/** Each line has its number, so that no two are alike: which of two equal lines was meant is no question here. */
function body(lines: string[]): string {
  return lines.map((line, i) => `${i} ${line}\nbetween ${i}\n`).join('')
}

function linesOf(note: Note): string[] {
  return [...note.body!.matchAll(/^\d+ (.*)$/gm)].map(([, line]) => line!)
}

/** An edit of some fields and lines; the same value never comes from two edits, but `back` brings the first one back. */
const edit = fc.record({
  text: fc.option(fc.constantFrom('x', 'y', 'start'), { nil: undefined }),
  tag: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
  line: fc.option(fc.record({ at: fc.nat(LINES - 1), to: fc.constantFrom('x', 'y', 'start') }), { nil: undefined }),
})
const NO_WISH = { text: undefined, tag: undefined, line: undefined }
type Wish = typeof edit extends fc.Arbitrary<infer T> ? T : never

function edited(note: Note, { text, tag, line }: Wish): Note {
  const lines = linesOf(note)
  if (line) lines[line.at] = line.to
  return { text: text ?? note.text!, tags: tag ? [tag] : note.tags!, body: body(lines) }
}

/** What an operation changed, place by place. */
function delta({ before, after }: Operation): [place: string, value: unknown][] {
  const [was, is] = [places(before as Note), places(after as Note)]
  return [...is].filter(([place, value]) => !Bun.deepEquals(was.get(place), value))
}

function places(note: Note): Map<string, unknown> {
  return new Map<string, unknown>([
    ['text', note.text],
    ['tags', note.tags],
    ...linesOf(note).map((line, i): [string, unknown] => [`line ${i}`, line]),
  ])
}

function domainErrors(error: unknown): null {
  if (error instanceof DomainError) return null
  throw error
}

let scope = 0

/** A note in a project of its own. */
async function note(book: Awaited<ReturnType<typeof notebook>>) {
  const project = `run${++scope}`
  const get = async () => (await book.entity.read(book.db.read, project, ['n'])).get('n')?.state ?? null
  const put = (state: Note | null, baseVersion?: number) =>
    book.make([state ? { do: 'put', id: 'n', state, baseVersion } : { do: 'delete', id: 'n', baseVersion }], {
      scope: project,
    })
  await put(START)
  return { project, get, put }
}

test('to make a change and to undo it is to have done nothing', async () => {
  await using book = await notebook()
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 4 }), fc.option(edit), async (before, last) => {
      const { get, put } = await note(book)
      for (const each of before) await put(edited((await get())!, each))
      const was = await get()
      const change = await put(last ? edited(was!, last) : null)
      if (Bun.deepEquals(await get(), was)) return
      await book.undo(change)
      expect(await get()).toEqual(was)
    }),
    { numRuns: 40 },
  )
}, 60_000)

test('to undo changes in any order leaves what the others made, or is refused', async () => {
  await using book = await notebook()
  let undone = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { minLength: 2, maxLength: 5 }),
      fc.infiniteStream(fc.nat()),
      async (edits, dice) => {
        const { get, put } = await note(book)
        const made = new Map<string, Change>()
        for (const each of edits) {
          const change = await put(edited((await get())!, each))
          made.set(change.id, change)
        }
        const all = [...made.values()].filter(({ operations }) => operations[0]!.before !== null)
        const standing = new Set(all)
        const order = all.toSorted(() => (dice.next().value! % 2 === 0 ? 1 : -1)).slice(0, 3)
        for (const change of order)
          if (await book.undo(change).catch(domainErrors)) {
            standing.delete(change)
            undone++
          } else refused++
        const expected = places(START)
        for (const { operations } of all.filter((change) => standing.has(change)))
          for (const [place, value] of delta(operations[0]!)) expected.set(place, value)
        expect(Object.fromEntries(places((await get())!))).toEqual(Object.fromEntries(expected))
      },
    ),
    { numRuns: 120 },
  )
  expect(undone).toBeGreaterThan(50)
  expect(refused).toBeGreaterThan(20)
}, 60_000)

test('of two authors who saw the same, neither loses a word of theirs silently', async () => {
  await using book = await notebook()
  let merged = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(edit, edit, async (first, second) => {
      const { get, put } = await note(book)
      const [hers, his] = [edited(START, first), edited(START, second)]
      await put(hers, 1)
      const made = await put(his, 1).catch(domainErrors)
      const [start, her, his_, now] = [START, hers, his, (await get())!].map(places)
      const changed = (of: Map<string, unknown>) =>
        [...of].filter(([place, value]) => !Bun.deepEquals(value, start!.get(place)))
      for (const [place, value] of [...changed(her!), ...(made ? changed(his_!) : [])])
        expect([place, now!.get(place)]).toEqual([place, value])
      const clash = changed(her!).some(
        ([place, value]) =>
          !Bun.deepEquals(his_!.get(place), start!.get(place)) && !Bun.deepEquals(his_!.get(place), value),
      )
      if (clash) expect(made).toBeNull()
      else expect(made).not.toBeNull()
      made ? merged++ : refused++
    }),
    { numRuns: 120 },
  )
  expect(merged).toBeGreaterThan(20)
  expect(refused).toBeGreaterThan(10)
}, 60_000)

const step = fc.oneof(
  fc.record({ do: fc.constant('edit' as const), edit, stale: fc.nat(2) }),
  fc.record({ do: fc.constant('delete' as const) }),
  fc.record({ do: fc.constant('restore' as const) }),
  fc.record({ do: fc.constant('undo' as const), nth: fc.nat(20), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('back' as const), nth: fc.nat(20) }),
)

test('whatever is edited, deleted, undone and brought back: the log replayed from empty gives the present', async () => {
  await using book = await notebook()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { project, get, put } = await note(book)
      const versionNow = async () => (await book.entity.read(book.db.read, project, ['n'])).get('n')?.version ?? 0
      for (const one of steps) {
        const made = await changesOf(book.db.read, project)
        const now = await get()
        const version = await versionNow()
        const nth = 'nth' in one ? one.nth % made.length : 0
        const work = {
          edit: () =>
            put(
              edited(now ?? START, 'edit' in one ? one.edit : NO_WISH),
              Math.max(0, version - ('stale' in one ? one.stale : 0)),
            ),
          delete: () => put(null),
          restore: () => book.make([{ do: 'restore', id: 'n' }], { scope: project }),
          undo: () => book.undo(made.slice(nth, nth + ('count' in one ? one.count : 1))),
          back: () => book.db.write((tx) => book.changes.undoSince(tx, made[nth]!.id, { by: 'person:bob' })),
        }[one.do]
        await work().catch(domainErrors)
      }
      const log = (await changesOf(book.db.read, project)).reverse()
      const operations = log.flatMap((change) => change.operations)
      expect(operations.map(({ version }) => version)).toEqual(operations.map((_, i) => i + 1))
      expect(operations.slice(1).map(({ before }) => before)).toEqual(operations.slice(0, -1).map(({ after }) => after))
      expect(await get()).toEqual((operations.at(-1)!.after as Note | null) ?? null)
      for (const { id, undoneBy } of log) {
        const by = log.filter((change) => change.undoes.includes(id) && change.undoneBy === null)
        expect([id, undoneBy === null]).toEqual([id, by.length === 0])
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
