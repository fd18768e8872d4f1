import { afterAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DomainError } from '../../src/errors.ts'
import { openBlobs } from '../../src/files/blobs.ts'
import { temporaryFolder } from '../support/database.ts'
import { FILE, fileAnswer, GOOD_PLAN, PLAN_WITH_CYCLE, planIt, storedIn, useTools, writeIt } from './acts.ts'
import { MISBEHAVIOURS, type Misbehaviour, type MisbehaviourName } from './misbehaviours.ts'
import { PAGE, pageAsItShouldBe } from './page.ts'
import { KEY, type Stage, stage, VENDOR_NAMES, type VendorName } from './stack.ts'
import { cellOf, withAnother } from './table.ts'

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

const folder = temporaryFolder()
const shelf = join(folder.path, 'blobs')
const blobs = openBlobs(shelf)
const WHOLE = createHash('sha256').update(FILE).digest('hex')
afterAll(() => folder[Symbol.dispose]())

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
  const came = await the.whileTimePasses(writeIt(the, blobs, chain, always ? 1 : 2))

  expect([came.of, came.told]).toEqual([expected, came.told])
  // No half file, and no text twice: neither on disk nor on the page.
  expect(storedIn(shelf)).toEqual(came.error ? [] : [WHOLE])
  expect(came.error ? FILE.slice(0, came.shown.length) : FILE).toBe(came.shown)
  for (const stored of storedIn(shelf)) rmSync(join(shelf, stored.slice(0, 2), stored))
  // A bounded time, and bounded costs.
  expect(the.clock.awake() - began).toBeLessThanOrEqual(WAITED_AT_MOST_MS)
  expect(the.server.asked.length).toBeLessThanOrEqual(ASKED_AT_MOST)
  if (name in WAITS) expect(came.waits[0]).toBe(WAITS[name]!)
  expectClear(the, came.error)
}

async function plan(name: MisbehaviourName, vendor: VendorName): Promise<void> {
  const [once, always] = cellOf(name, vendor)
  let asked = 0
  await using mended = stage(vendor, MISBEHAVIOURS[name], {
    always: false,
    answer: () => (asked++ === 0 ? PLAN_WITH_CYCLE : GOOD_PLAN),
  })
  expect(await mended.whileTimePasses(planIt([mended.choice]))).toEqual({ of: once, told: ['told why'] })
  await using never = stage(vendor, MISBEHAVIOURS[name], { always: true, answer: () => PLAN_WITH_CYCLE })
  const came = await never.whileTimePasses(planIt([never.choice]))
  expect(came.of).toBe(always)
  expect(never.server.asked).toHaveLength(3)
  expectClear(never, came.error)
}

async function callTools(name: MisbehaviourName, vendor: VendorName): Promise<void> {
  const known = name === 'calls the same tool for ever'
  for (const [at, expected] of cellOf(name, vendor).entries()) {
    await using the = stage(vendor, MISBEHAVIOURS[name], { always: at === 1, answer: () => 'It says hello.' })
    const came = await the.whileTimePasses(useTools([the.choice]))
    expect([came.of, came.told]).toEqual([expected, came.told])
    expect(came.ran).toBe(known ? at + 1 : 0) // what can't be understood is never run
    expect(the.server.asked.length).toBeLessThanOrEqual(ASKED_AT_MOST)
    expectClear(the, came.error)
  }
}

/** An error is a sentence that says what to do, without the key; nobody else has got it either. */
function expectClear(the: Stage, error: DomainError | undefined): void {
  expect(the.ledAway).toBe(0)
  if (!error) return
  expect(error.message).toMatch(/^(?:[A-Z“]|xAI).{20,}\.$/s)
  expect(Bun.inspect(error, { depth: 10 })).not.toContain(KEY)
  expect(JSON.stringify(error)).not.toContain(KEY)
}
