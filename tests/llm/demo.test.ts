import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { applyEdits } from '../../src/files/edits/apply.ts'
import { askJson } from '../../src/llm/ask-json.ts'
import { withClocks } from '../../src/llm/clocks.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import type { Chunk, Provider, TaskFacts } from '../../src/llm/provider.ts'
import { joinable } from '../../src/llm/stitch.ts'
import { writeFile } from '../../src/llm/write-file.ts'
import { virtualClock } from './virtual-clock.ts'

const SENTINEL = '<<<END hearth:1>>>'
const FILE = Array.from({ length: 400 }, (_, i) => `line ${i} – “déjà vu” 🥖\n`).join('')
const PLAN = { title: 'Crumb & Co', summary: 'A bakery.', tasks: [] }
const project = () => ({ plan: PLAN, file: (path: string) => (path === 'a.txt' ? FILE : undefined) })
const write = (textSoFar?: string): TaskFacts => ({
  kind: 'write',
  brief: 'b',
  path: 'a.txt',
  sentinel: SENTINEL,
  textSoFar,
})

test('a plan streams as JSON, a file as text and its end line, always the same', async () => {
  expect(JSON.parse(await answer({ kind: 'plan', brief: 'b' }))).toEqual(PLAN)
  expect(await answer(write())).toBe(`${FILE}${SENTINEL}\n`)
  expect(await answer({ kind: 'repair', brief: 'b', path: 'a.txt', sentinel: SENTINEL })).toBe(`${FILE}${SENTINEL}\n`)
  expect(await chunks(write())).toEqual(await chunks(write()))
})

test('where edits of a file are asked for, it answers with the one block that makes it its template', async () => {
  const repair = (before: string): TaskFacts => ({
    kind: 'repair',
    brief: 'b',
    path: 'a.txt',
    sentinel: SENTINEL,
    edits: { form: 'search-replace', before },
  })
  const edited = async (before: string) => {
    const text = (await answer(repair(before))).replace(`${SENTINEL}\n`, '')
    return applyEdits(new Map([['a.txt', before]]), { format: 'search-replace', path: 'a.txt', text })
  }
  expect(await edited('mine\n=======\n\n')).toEqual({ files: new Map([['a.txt', FILE]]) })
  expect(await edited('mine')).toEqual({ files: new Map([['a.txt', FILE.trimEnd()]]) })
  expect(await answer(repair(FILE))).toBe(`${SENTINEL}\n`)
})

test('each pass of a planner is answered with its part of the same plan, and the critique finds nothing', async () => {
  const group = { id: 'pages', kind: 'note', title: 'Pages' }
  const plan = { ...PLAN, tasks: [group, { id: 'home', kind: 'write', title: 'Home', parent: 'pages' }] }
  const passes = demoProvider({
    project: () => ({ plan, file: () => undefined }),
    bytesPerSecond: 1e9,
    clock: virtualClock(),
  })
  const said = async (stage: string) => {
    const pieces = await Array.fromAsync(stream(passes, { kind: 'plan', brief: 'b', stage }))
    return JSON.parse(pieces.map((piece) => (piece.type === 'text' ? piece.text : '')).join(''))
  }
  expect(await said('outline')).toEqual({
    title: PLAN.title,
    summary: PLAN.summary,
    parts: [{ id: 'pages', title: 'Pages', holds: '' }],
  })
  expect(await said('tasks')).toEqual({ tasks: plan.tasks })
  expect(await said('critique')).toEqual({ changes: [] })
})

test('a continuation repeats the last line and goes on exactly from there', async () => {
  const soFar = FILE.slice(0, FILE.indexOf('line 101 '))
  expect(await answer(write(soFar))).toBe(`${FILE.slice(FILE.indexOf('line 100 '))}${SENTINEL}\n`)
})

test('a draft by another model is no beginning of its file: it is written anew', async () => {
  const provider = demoProvider({ project, bytesPerSecond: 1e8, clock: virtualClock() })
  const request = {
    ...ask(write()),
    task: { kind: 'write' as const, brief: 'b', path: 'a.txt' },
    draft: 'other\nwords\n',
  }
  const restarts: string[] = []
  const hooks = { onText() {}, onRestart: (text: string) => void restarts.push(text) }
  const { text } = await writeFile(
    { chain: [{ provider, model: 'demo' }], newId: () => '1' },
    request,
    hooks,
    new AbortController().signal,
  )
  expect(text).toBe(FILE)
  expect(restarts).toEqual([''])
  expect(await answer(write('other\nwords\n'))).toBe(`${FILE}${SENTINEL}\n`)
})

test('text arrives in small chunks at the pace that was set', async () => {
  const clock = virtualClock()
  const provider = demoProvider({ project, bytesPerSecond: 4096, clock })
  const started = clock.now()
  let sent = 0
  for await (const chunk of stream(provider, write())) {
    if (chunk.type !== 'text') continue
    sent += Buffer.byteLength(chunk.text)
    expect(Buffer.byteLength(chunk.text)).toBeGreaterThan(0)
    expect(Buffer.byteLength(chunk.text)).toBeLessThanOrEqual(163)
    const due = (sent / 4096) * 1000
    expect(Math.abs(clock.now() - started - due)).toBeLessThan(4)
  }
  expect(sent).toBe(Buffer.byteLength(`${FILE}${SENTINEL}\n`))
})

test('time that the reader loses is made up for', async () => {
  const clock = virtualClock()
  const started = clock.now()
  let slow = true
  for await (const chunk of stream(demoProvider({ project, bytesPerSecond: 4096, clock }), write())) {
    if (chunk.type !== 'text' || !slow) continue
    slow = false
    await clock.sleep(2000)
  }
  expect(clock.now() - started).toBeCloseTo((Buffer.byteLength(FILE) / 4096) * 1000, -2)
})

test('a very high rate does not sleep at all', async () => {
  const clock = { awake: () => 0, sleep: () => expect.unreachable() }
  const all = await Array.fromAsync(stream(demoProvider({ project, bytesPerSecond: 100_000_000, clock }), write()))
  expect(all.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
})

test('an abort ends it in the middle of a wait, with its reason', async () => {
  const abort = new AbortController()
  const clock = virtualClock()
  const reading = (async () => {
    for await (const chunk of demoProvider({ project, bytesPerSecond: 100, clock }).stream(ask(write()), abort.signal))
      if (chunk.type === 'text') setImmediate(() => abort.abort(new Error('enough')))
  })()
  await expect(reading).rejects.toThrow('enough')
})

test('a file that is not in its plan is an error that says what to do', async () => {
  await expect(answer({ kind: 'write', brief: 'b', path: 'x.txt', sentinel: SENTINEL })).rejects.toMatchObject({
    code: 'demo_cannot_write',
    retryable: false,
  })
})

describe('the built-in projects go through the same doors as a real model’s', () => {
  const briefs = [
    'a landing page for a bakery called Crumb & Co with a menu page and three pictures',
    'a command-line program that renames photos by date',
    'an illustrated story about a lighthouse',
  ]
  const schema = {
    name: 'plan',
    zod: z.object({ tasks: z.array(z.object({ path: z.string().nullable(), kind: z.string() })) }),
  }

  test.each(briefs)('%s', async (brief) => {
    const provider = withClocks(
      { clock: virtualClock() },
      demoProvider({ project: demoProject, bytesPerSecond: 50_000_000, clock: virtualClock() }),
    )
    const signal = new AbortController().signal
    const { value } = await askJson(
      { chain: [{ provider, model: 'demo' }] },
      ask({ kind: 'plan', brief }),
      schema,
      {},
      signal,
    )
    const paths = value.tasks.flatMap((task) => (task.kind === 'write' ? [task.path!] : []))
    expect(paths).not.toEqual([])

    for (const path of paths) {
      const file = demoProject(brief).file(path)!
      const request = { ...ask({ kind: 'plan', brief }), task: { kind: 'write' as const, brief, path } }
      const hooks = { onText() {}, onRestart() {} }
      const deps = { chain: [{ provider, model: 'demo' }], newId: () => '12345678' }
      expect((await writeFile(deps, request, hooks, signal)).text).toBe(file)

      const draft = file.slice(0, Math.floor(file.length / 2))
      const again = await writeFile(deps, { ...request, draft }, hooks, signal)
      expect(again).toMatchObject({ text: file, continuations: joinable(draft) === '' ? 0 : 1 })
    }
  })
})

function ask(task: TaskFacts) {
  return { model: 'demo', system: '', messages: [{ role: 'user' as const, content: 'x' }], maxOutputTokens: 1, task }
}

function stream(provider: Provider, task: TaskFacts): AsyncIterable<Chunk> {
  return provider.stream(ask(task), new AbortController().signal)
}

function chunks(task: TaskFacts): Promise<Chunk[]> {
  return Array.fromAsync(stream(demoProvider({ project, bytesPerSecond: 1e8, clock: virtualClock() }), task))
}

async function answer(task: TaskFacts): Promise<string> {
  return (await chunks(task)).map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('')
}
