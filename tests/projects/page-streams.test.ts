import { expect, test } from 'bun:test'
import { openHub } from '../../src/events/hub.ts'
import { liveLine } from '../../src/events/line.ts'
import { openPageStreams } from '../../src/projects/page-streams.ts'
import { silent } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { countTimers } from '../support/timers.ts'

const SCOPE = { project: 'p' }
const SOON_MS = 5

/** A page of one word, which changes when it is told to, and how often it was looked at. */
function page() {
  const hub = openHub({ now: () => 0 })
  const state = { word: 'first', looks: 0, before: async (_word: string) => {} }
  const streams = openPageStreams<string>(
    { hub, log: silent },
    {
      renderMs: SOON_MS,
      scopeOf: () => SCOPE,
      async look() {
        state.looks++
        const { word } = state
        await state.before(word)
        return { regions: [{ id: 'word', sign: word, html: word }] }
      },
    },
  )
  return {
    hub,
    state,
    watch: () => watching(streams.open('p', { add() {}, delete() {} })),
    /** Changes the word, and says so. */
    change(word: string) {
      state.word = word
      hub.publish(liveLine('x', 0, 'p', null, {}))
    },
    [Symbol.dispose]: () => hub[Symbol.dispose](),
  }
}

/** A browser: the words that it was sent, the last of which it shows. */
function watching(response: Response) {
  const reader = response.body!.getReader()
  const words: string[] = []
  const over = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read())
      for (const [, word] of new TextDecoder().decode(part.value).matchAll(/outerMorph">(\w+)</g)) words.push(word!)
  })().catch(() => {})
  return { words, over, shown: () => words.at(-1), leave: () => reader.cancel() }
}

test('a thousand who come at once are served by the same rendering', async () => {
  using it = page()
  const browsers = Array.from({ length: 1_000 }, it.watch)
  await until(() => browsers.every(({ words }) => words.length > 0))
  expect(it.state.looks).toBeLessThanOrEqual(2)
  it.change('second')
  await until(() => browsers.every(({ shown }) => shown() === 'second'))
  expect(it.state.looks).toBeLessThanOrEqual(4)
  await Promise.all(browsers.map(({ leave }) => leave()))
})

test('who comes while a page is rendered that looked before a change sees the change too', async () => {
  using it = page()
  const early = it.watch()
  await until(() => early.shown() === 'first')
  const slow = Promise.withResolvers<void>()
  it.state.before = (word) => (word === 'second' ? slow.promise : Promise.resolve())
  it.change('second')
  await until(() => it.state.looks === 2)
  it.state.word = 'third' // too late for the look that is under way
  const late = it.watch()
  slow.resolve()
  await until(() => late.shown() === 'third' && early.shown() === 'third')
  expect(early.words).toEqual(['first', 'second', 'third'])
  await Promise.all([early.leave(), late.leave()])
})

test('who comes while nothing happens is sent the present, and nobody else anything', async () => {
  using it = page()
  const early = it.watch()
  await until(() => early.shown() === 'first')
  const late = it.watch()
  await until(() => late.shown() === 'first')
  await Bun.sleep(SOON_MS * 4)
  expect([early.words, late.words]).toEqual([['first'], ['first']])
  await Promise.all([early.leave(), late.leave()])
})

test('a page that can’t be rendered cuts those who come, who then come again; those who watch stay', async () => {
  using it = page()
  const early = it.watch()
  await until(() => early.shown() === 'first')
  it.state.before = () => Promise.reject(new Error('out of reach'))
  const late = it.watch()
  await late.over
  expect(late.words).toEqual([])
  it.state.before = async () => {}
  it.change('second')
  await until(() => early.shown() === 'second')
  await early.leave()
})

test('when all have left, nothing is left: no subscriber, no timer, no rendering', async () => {
  using it = page()
  using timers = countTimers()
  const browsers = Array.from({ length: 10 }, it.watch)
  await until(() => browsers.every(({ words }) => words.length > 0))
  expect(it.hub.size).toBe(1)
  it.change('second')
  await Promise.all(browsers.map(({ leave }) => leave()))
  await until(() => it.hub.size === 0)
  expect(timers.pending).toBe(0)
  const { looks } = it.state
  it.change('third')
  await Bun.sleep(SOON_MS * 4)
  expect(it.state.looks).toBe(looks)
})
