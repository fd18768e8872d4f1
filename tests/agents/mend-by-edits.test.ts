import { expect, test } from 'bun:test'
import { writeFile } from '../../src/workspace/files.ts'
import { testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { type ModelCall, modelServer, type Reply } from '../support/model-server.ts'

const LINES = Array.from({ length: 300 }, (_, i) => `export const tide${i} = ${i} // high water number ${i}`)
/** More than is written whole when it is mended. */
const BIG = `${LINES.join('\n')}\n`
const WANTED = BIG.replace('tide7 = 7 ', 'tide7 = 70 ').replace('tide250 = 250 ', 'tide250 = 2500 ')

const PLAN = {
  title: 'Tides',
  summary: 'The tides of one harbour.',
  tasks: [
    {
      id: 'tides',
      parent: null,
      title: 'Tides',
      kind: 'write',
      path: 'tides.js',
      prompt: 'All tides.',
      width: null,
      height: null,
      dependsOn: [],
    },
  ],
}
const FINDINGS = { findings: [{ path: 'tides.js', problem: 'Two tides are ten times too low.', fix: 'Raise them.' }] }

const block = (search: string, replace: string) => `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE\n`
const SEVEN = block(LINES[7]!, LINES[7]!.replace('= 7 ', '= 70 '))
const LATE = block(LINES[250]!, LINES[250]!.replace('= 250 ', '= 2500 '))
const WRONG = block(LINES[250]!.replace('high', 'low'), LINES[250]!.replace('= 250 ', '= 2500 '))
const DIFF = `--- a/tides.js
+++ b/tides.js
@@ -8,1 +8,1 @@
-${LINES[7]}
+${LINES[7]!.replace('= 7 ', '= 70 ')}
@@ -1,3 +1,3 @@
 ${LINES[249]}
-${LINES[250]}
+${LINES[250]!.replace('= 250 ', '= 2500 ')}
 ${LINES[251]}
`

type Answer = string | ((reply: Reply, call: ModelCall) => void | Promise<void>)

/** A project of one file, and a vendor that answers its mending in turn. */
async function mended(
  answers: Answer[],
  { file = BIG, edits, data }: { file?: string; edits?: string; data?: string } = {},
) {
  const asked: ModelCall[] = []
  let received = 0 // of the answer that is being given
  const claude = modelServer(async (reply, call) => {
    const shape = JSON.stringify(call.body.output_config ?? '')
    if (shape !== '""') return whole(reply, JSON.stringify(shape.includes('findings') ? FINDINGS : PLAN))
    if (!isMending(call)) return whole(reply, `${file}${endOf(call)}\n`)
    asked.push(call)
    received = 0
    const answer = answers[Math.min(asked.length, answers.length) - 1]!
    if (typeof answer === 'string') return whole(reply, `${answer}${endOf(call)}\n`)
    await answer(reply, call)
  })
  const settings = { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: claude.url }
  const app = await testApp({ settings, ...(data !== undefined && { data }) })
  app.app.hub.tap(({ type, body }) => {
    if (type === 'delta') received += String(body.text).length
  })
  if (edits) {
    const overrides = { 'anthropic/claude-sonnet-5-5': { edits } }
    const body = JSON.stringify({ overrides })
    await app.request('/api/models/settings', { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
  }
  const { project } = await app.make('The tides of one harbour')
  const file_ = `/api/projects/${project.id}/files/tides.js`
  return {
    app,
    vendor: claude,
    settings,
    asked,
    received: () => received,
    project: project.id,
    settled: () => app.settled(project.id),
    text: async () => (await app.request(file_)).text(),
    /** What the job that mended it came to. */
    async result() {
      const { items } = await app.json(`/api/jobs?project=${project.id}`)
      const { job } = await app.json(`/api/jobs/${items.find(({ kind }: { kind: string }) => kind === 'write').id}`)
      return job
    },
    async refusals() {
      const log = await (await app.request(`/api/projects/${project.id}/events?follow=false`)).text()
      const lines = log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      return lines.filter(({ type }) => type === 'edits.refused').map(({ failures }) => failures)
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await claude[Symbol.asyncDispose]()
    },
  }
}

const FORMATS: [string, string | undefined, string, RegExp][] = [
  ['search/replace blocks, as the table says of its model', undefined, SEVEN + LATE, /<<<<<<< SEARCH/],
  ['a unified diff, as the owner says of its model', 'diff', DIFF, /as a unified diff/],
]
for (const [what, edits, answer, rules] of FORMATS)
  test(`a large file is mended by ${what}`, async () => {
    await using it = await mended([answer], { edits })
    expect(await it.settled()).toBe('done')
    expect(await it.text()).toBe(WANTED)
    expect(it.asked).toHaveLength(1)
    expect(lastSaid(it.asked[0]!)).toMatch(rules)
    expect(lastSaid(it.asked[0]!)).toContain('Mend that in tides.js by edits.')
    expect((await it.result()).result).toMatchObject({ edited: edits ?? 'search-replace', path: 'tides.js' })
  })

test('edits that can’t be made go back with what is wrong with them alone, and the second answer counts', async () => {
  await using it = await mended([SEVEN + WRONG, SEVEN + LATE])
  expect(await it.settled()).toBe('done')
  expect(await it.text()).toBe(WANTED)
  const told = lastSaid(it.asked[1]!)
  expect(told).toStartWith(
    'None of your edits of tides.js was made, because of this:\n\nBlock 2: These lines do not stand',
  )
  expect(told).toContain('\n251| export const tide250 = 250 // high water number 250')
  expect(told).not.toContain('tide7')
  expect(told.length).toBeLessThan(3_000)
  expect(it.asked[1]!.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(await it.refusals()).toEqual([[{ block: 2, reason: 'not_found' }]])
})

test('after two answers that can’t be made, the whole file is asked for', async () => {
  await using it = await mended([WRONG, 'I would raise tide 250.\n', WANTED])
  expect(await it.settled()).toBe('done')
  expect(await it.text()).toBe(WANTED)
  expect(it.asked).toHaveLength(3)
  expect(lastSaid(it.asked[2]!)).toContain('Write the whole file tides.js again')
  expect(it.asked[2]!.body.messages).toHaveLength(1)
  expect(await it.refusals()).toEqual([[{ block: 1, reason: 'not_found' }], [{ reason: 'no_edits' }]])
  expect((await it.result()).result.edited).toBeUndefined()
})

test('edits that are cut go on where they were', async () => {
  const cut = (SEVEN + LATE).slice(0, (SEVEN + LATE).indexOf('>>>>>>> REPLACE') + 40)
  await using it = await mended([
    (reply) => {
      reply.text(cut)
      reply.close()
    },
    rests(SEVEN + LATE),
  ])
  expect(await it.settled()).toBe('done')
  expect(await it.text()).toBe(WANTED)
  expect(lastSaid(it.asked[1]!)).toContain('Your answer was cut off. These are its last lines')
  expect((await it.result()).result).toMatchObject({ edited: 'search-replace', continuations: 1 })
})

test('a small file is mended as a whole', async () => {
  await using it = await mended(['export const tide = 70\n'], { file: 'export const tide = 7\n' })
  expect(await it.settled()).toBe('done')
  expect(await it.text()).toBe('export const tide = 70\n')
  expect(lastSaid(it.asked[0]!)).not.toContain('SEARCH')
})

test('so is any file by a model of whose edits nothing good is known', async () => {
  await using it = await mended([WANTED], { edits: 'whole' })
  expect(await it.settled()).toBe('done')
  expect(await it.text()).toBe(WANTED)
  expect(it.asked).toHaveLength(1)
})

test('a large file that does not parse is mended by edits of what the model has written', async () => {
  const broken = BIG.replace('export const tide9 =', 'export const tide9 = =')
  const right = block(LINES[9]!.replace('=', '= ='), LINES[9]!)
  await using it = await mended([right, SEVEN + LATE], { file: broken })
  expect(await it.settled()).toBe('done')
  expect(await it.text()).toBe(WANTED)
  expect(lastSaid(it.asked[0]!)).toContain('Mend it by edits.')
})

const MEANWHILE: [string, number, string][] = [
  ['elsewhere in the file holds beside the edits', 100, SEVEN + LATE],
  ['in the same line stays, and the mending fails', 7, SEVEN],
]
for (const [what, line, answer] of MEANWHILE)
  test(`what a person changes meanwhile ${what}`, async () => {
    const mine = LINES[line]!.replace('high', 'my')
    await using it = await mended([
      async (reply, call) => {
        const { db, blobs, changes } = it.app.app
        const blob = await blobs.put(BIG.replace(LINES[line]!, mine))
        const write = { project: it.project, path: 'tides.js', blob, by: 'person:ann', baseVersion: 1 }
        await db.write((tx) => writeFile({ changes }, tx, write))
        return whole(reply, `${answer}${endOf(call)}\n`)
      },
    ])
    await it.settled()
    const text = await it.text()
    expect(text).toContain(mine)
    if (line === 100) expect(text).toBe(WANTED.replace(LINES[100]!, mine))
    else expect((await it.result()).error.code).toBe('version_conflict')
  })

const HALVES: [string, () => Answer[], number][] = [
  ['edits', () => [stalls((SEVEN + LATE).slice(0, SEVEN.length + 40)), rests(SEVEN + LATE)], 1],
  [
    'the whole file, which was asked for since no edits could be made',
    () => [WRONG, WRONG, stalls(WANTED.slice(0, 4_000)), rests(WANTED)],
    3,
  ],
]
for (const [what, answers, asked] of HALVES)
  test(`after a restart in the middle of ${what}, that is gone on with`, async () => {
    using folder = temporaryFolder()
    const first = await mended(answers(), { data: folder.path })
    await until(() => first.asked.length === asked, 'the request', 10_000)
    await until(() => first.received() > 100, 'some text', 10_000)
    await first.app[Symbol.asyncDispose]()
    await using app = await testApp({ data: folder.path, settings: first.settings })
    expect(await app.settled(first.project)).toBe('done')
    expect(await (await app.request(`/api/projects/${first.project}/files/tides.js`)).text()).toBe(WANTED)
    expect(first.asked).toHaveLength(asked + 1)
    expect(lastSaid(first.asked.at(-1)!)).toContain('Your answer was cut off')
    await first.vendor[Symbol.asyncDispose]()
  }, 60_000)

/** Says the beginning of an answer and then nothing until it is stopped. */
function stalls(text: string): Answer {
  return async (reply) => {
    reply.text(text)
    await reply.gone
  }
}

/** Goes on with an answer at the line that is asked for. */
function rests(text: string): Answer {
  return (reply, call) => {
    const from = Number(/First repeat line (\d+) exactly/.exec(lastSaid(call))![1])
    const rest = text
      .split('\n')
      .slice(from - 1)
      .join('\n')
    return whole(reply, `${rest}${endOf(call)}\n`)
  }
}

function isMending({ body }: ModelCall): boolean {
  return /This was found in it|It can't be used/.test(String(body.messages[0]!.content))
}

function whole(reply: Reply, text: string): void {
  for (let at = 0; at < text.length; at += 4_000) reply.text(text.slice(at, at + 4_000))
  reply.finish()
}

function lastSaid({ body }: ModelCall): string {
  const { content } = body.messages.at(-1)! as { content: unknown }
  if (typeof content === 'string') return content
  return (content as { text: string }[]).map(({ text }) => text).join('')
}

function endOf(call: ModelCall): string {
  return /<<<END hearth:[\w-]+>>>/.exec(lastSaid(call))![0]
}
