import { afterAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { DomainError } from '../../src/errors.ts'
import type { Choice } from '../../src/llm/models.ts'
import { testBlobs, textsIn } from '../support/blobs.ts'
import { type Event, FILE, fileAnswer, GOOD_PLAN, PLAN_WITH_CYCLE, planIt, useTools, writeIt } from './acts.ts'
import { MISBEHAVIOURS, type Misbehaviour, type MisbehaviourName } from './misbehaviours.ts'
import { PAGE, pageAsItShouldBe } from './page.ts'
import { KEY, type Stage, stage, VENDOR_NAMES, type VendorName, wordsOf } from './stack.ts'
import { cellOf, wayTo, withAnother } from './table.ts'

/** Five answers that each fall silent, and a second attempt: all waits on the way to an error. */
const WAITED_AT_MOST_MS = 5 * 60_000
/** A first question and four continuations, or three tries, in two attempts. */
const ASKED_AT_MOST = 10
const TIMEOUT_MS = 30_000
/** What a vendor asks for, in ms, and is given. */
const WAITS: Partial<Record<MisbehaviourName, number>> = {
  'answers 429 with Retry-After': 7_000,
  'answers 429 with retry-after-ms': 2_500,
}

const store = await testBlobs()
const WHOLE = createHash('sha256').update(FILE).digest('hex')
afterAll(() => store[Symbol.asyncDispose]())

for (const [name, how] of Object.entries(MISBEHAVIOURS) as [MisbehaviourName, Misbehaviour][])
  describe(`a model that ${name}`, () => {
    const act = 'says' in how ? plan : 'calls' in how ? callTools : file
    test.each(VENDOR_NAMES)('behind %s', (vendor) => act(name, vendor), TIMEOUT_MS)
  })

test('docs/providers.md has this table (`bun tests/vendors/page.ts` writes it)', async () => {
  expect(await Bun.file(PAGE).text()).toBe(await pageAsItShouldBe())
})

async function file(name: MisbehaviourName, vendor: VendorName): Promise<void> {
  const cell = cellOf(name, vendor)
  await written(name, vendor, cell[0], { always: false })
  await written(name, vendor, cell[1], { always: true })
  await written(name, vendor, withAnother(cell), { always: true, spare: true })
}

/** What must hold in every cell, whatever comes of it. */
async function written(
  name: MisbehaviourName,
  vendor: VendorName,
  expected: string,
  { always, spare = false }: { always: boolean; spare?: boolean },
): Promise<void> {
  const how = MISBEHAVIOURS[name]
  await using the = stage(vendor, how, { always, answer: fileAnswer })
  const chain = spare ? [the.choice, the.spare] : [the.choice]
  const began = the.clock.awake()
  const came = await the.whileTimePasses(writeIt(the, store.blobs, chain, always ? 1 : 2))

  expect(came.of).toBe(expected)
  const [, code] = cellOf(name, vendor)
  expect(came.told).toEqual(expected === 'another model' ? [...wayTo(code), expected] : wayTo(expected))
  expect(came.events).toMatchObject(came.told.flatMap((done) => eventsOf(the, done, code)))
  // No half file, and no text twice: neither on disk nor on the page.
  expect(await textsIn(store.db)).toEqual(came.error ? [] : [WHOLE])
  expect(came.error ? FILE.slice(0, came.shown.length) : FILE).toBe(came.shown)
  await store.db.write((tx) => tx.run(sql`delete from texts`))
  // A bounded time, and bounded costs.
  expect(the.clock.awake() - began).toBeLessThanOrEqual(WAITED_AT_MOST_MS)
  expect(the.server.asked.length).toBeLessThanOrEqual(ASKED_AT_MOST)
  if (name in WAITS) expect(came.events[0]).toMatchObject({ delayMs: WAITS[name]! })
  expectClear(the, came.error)
}

async function plan(name: MisbehaviourName, vendor: VendorName): Promise<void> {
  const [once, always] = cellOf(name, vendor)
  let asked = 0
  await using mended = stage(vendor, MISBEHAVIOURS[name], {
    always: false,
    answer: () => (asked++ === 0 ? PLAN_WITH_CYCLE : GOOD_PLAN),
  })
  expect(await mended.whileTimePasses(planIt([mended.choice]))).toEqual({ of: once, told: wayTo(once), events: [] })
  expect(wordsOf(mended.server.asked[1]!)).toContain('wait for each other')
  await using never = stage(vendor, MISBEHAVIOURS[name], { always: true, answer: () => PLAN_WITH_CYCLE })
  const came = await never.whileTimePasses(planIt([never.choice]))
  expect(came).toMatchObject({ of: always, told: wayTo(always), events: [] })
  expect(never.server.asked).toHaveLength(3)
  expectClear(never, came.error)
}

async function callTools(name: MisbehaviourName, vendor: VendorName): Promise<void> {
  const known = name === 'calls the same tool for ever'
  for (const [at, expected] of cellOf(name, vendor).entries()) {
    await using the = stage(vendor, MISBEHAVIOURS[name], { always: at === 1, answer: () => 'It says hello.' })
    const came = await the.whileTimePasses(useTools([the.choice]))
    expect(came.of).toBe(expected)
    expect(came.told).toEqual(toolWayTo(name, vendor, expected))
    const again = came.told.filter((done) => done === 'asked again')
    expect(came.events).toMatchObject(again.map(() => ({ type: 'model.continued', ...named(the.choice), line: 1 })))
    expect(came.ran).toBe(known ? at + 1 : 0) // what can't be understood is never run
    expect(the.server.asked.length).toBeLessThanOrEqual(ASKED_AT_MOST)
    expectClear(the, came.error)
  }
}

/** A call that can be read runs until it is the third of its kind; a turn that the vendor ended is asked for anew. */
function toolWayTo(name: MisbehaviourName, vendor: VendorName, expected: string): string[] {
  if (name === 'calls the same tool for ever') return expected === 'no_progress' ? ['told why'] : []
  const again = cellOf(name, vendor)[0] === 'asked again'
  return again ? wayTo(expected).map(() => 'asked again') : wayTo(expected)
}

/** What the log has of a step: who was asked, and why something was done about it. */
function eventsOf({ choice, spare }: Stage, done: string, code: string): Event[] {
  if (done === 'asked again')
    return [{ type: 'model.retrying', ...named(choice), error: { code }, delayMs: expect.any(Number) }]
  if (done === 'continued')
    return [{ type: 'model.continued', ...named(choice), reason: expect.any(String), line: expect.any(Number) }]
  if (done === 'another model')
    return [{ type: 'model.switched', from: named(choice), to: named(spare), error: { code } }]
  return [] // another attempt is the job's to tell
}

function named({ provider, model }: Choice) {
  return { provider: provider.name, model }
}

/** An error is a sentence that says what to do, without the key; nobody else has got it either. */
function expectClear(the: Stage, error: DomainError | undefined): void {
  expect(the.ledAway).toBe(0)
  if (!error) return
  expect(error.message).toMatch(/^(?:[A-Z“]|xAI).{20,}\.$/s)
  expect(Bun.inspect(error, { depth: 10 })).not.toContain(KEY)
  expect(JSON.stringify(error)).not.toContain(KEY)
}
