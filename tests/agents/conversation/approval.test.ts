import { expect, test } from 'bun:test'
import type { Change } from '../../../src/changes/tables.ts'
import { testApp } from '../../support/app.ts'
import { temporaryFolder } from '../../support/database.ts'
import { type House, house, open, PAGE } from './house.ts'

const OTHER = '<!doctype html>\n<title>Crumb</title>\n<p>Gone.</p>\n'
const OVERWRITE = {
  says: 'I write it anew.',
  calls: [['write_file', { path: 'index.html', content: OTHER }]] as [string, object][],
}

test('before a file is replaced as a whole a person is asked, with the lines that would go and come', async () => {
  await using it = await house([OVERWRITE, 'Written.'])
  await it.say('Start over.')
  const { rounds, job } = await it.until('asking')
  const [call] = rounds[0]!.calls
  expect(call).toMatchObject({
    state: 'asking',
    question: {
      says: 'Replace the whole content of index.html.',
      diff: expect.arrayContaining([
        { sign: '-', text: '<p>Open from 7.</p>' },
        { sign: '+', text: '<p>Gone.</p>' },
      ]),
    },
  })
  const held = await it.json(`/api/jobs/${job!.id}`)
  expect(held.job).toMatchObject({ state: 'held', error: { code: 'approval_needed', context: { call: call!.id } } })
  expect(await it.file('index.html')).toBe(PAGE)

  const approved = await it.post(`/api/tool-calls/${call!.id}/approval`)
  expect(approved.status).toBe(202)
  const done = await it.until('answered')
  expect(done.rounds[0]!.calls[0]).toMatchObject({ state: 'done' })
  expect(await it.file('index.html')).toBe(OTHER)
  const again = await it.post(`/api/tool-calls/${call!.id}/approval`)
  expect([again.status, (await again.json()).code]).toEqual([409, 'already_decided'])
})

test('a refusal is told to the model, nothing is done, and the answer goes on', async () => {
  await using it = await house([OVERWRITE, 'Then I leave it.'])
  await it.say('Start over.')
  const { rounds } = await it.until('asking')
  expect((await it.post(`/api/tool-calls/${rounds[0]!.calls[0]!.id}/refusal`)).status).toBe(202)
  const { rounds: all } = await it.until('answered')
  expect(all.at(-1)!.text).toBe('Then I leave it.')
  expect(it.results(2)).toMatchObject([{ failed: true, content: expect.stringContaining('Refused by the person') }])
  expect(await it.file('index.html')).toBe(PAGE)
})

const ASKED: [string, (it: House) => Promise<[string, object]>, RegExp][] = [
  ['a file is deleted', async () => ['delete_file', { path: 'hours.json' }], /^Delete hours\.json \(21 bytes\)\.$/],
  [
    'a task with work in it is removed',
    async (it) => ['remove_task', { task: await it.taskId('Opening hours') }],
    /^Remove the task from the plan: Opening hours\.$/,
  ],
  [
    'a person’s change is undone',
    async (it) => ['undo_change', { change: await personsChange(it) }],
    /^Undo a person’s change: /,
  ],
  [
    'a file goes by the undoing of what wrote it',
    async (it) => ['undo_change', { change: (await changeOf(it, 'hours.json')).id }],
    /^Undo what a task has made: .*hours\.json made by Hearth/,
  ],
  [
    'a file is emptied by an edit',
    async (it) => edit('short.txt', await written(it, 'short.txt', ['One.'])),
    /^Replace nearly all of short\.txt\.$/,
  ],
  [
    'nearly all of a long file goes by edits',
    async (it) =>
      edit('long.txt', (await written(it, 'long.txt', ['One.', 'x'.repeat(400), 'y'.repeat(400)])).slice(1)),
    /^Replace nearly all of long\.txt\.$/,
  ],
]
test('a person is asked before a file is deleted, a task with work is removed, a person’s change is undone, in whatever way', async () => {
  await using it = await house([])
  for (const [what, call, says] of ASKED) {
    it.script.push({ calls: [await call(it)] }, 'Well.')
    await it.say(what)
    const { rounds } = await it.until('asking')
    expect(rounds[0]!.calls[0]!.question!.says).toMatch(says)
    await it.post(`/api/tool-calls/${rounds[0]!.calls[0]!.id}/refusal`)
    await it.until('answered')
  }
}, 60_000)

test('a removal of what has no work in it, and an undo of the model’s own, ask nobody', async () => {
  const edit = ['edit_file', { path: 'index.html', blocks: [{ search: 'from 7', replace: 'from 8' }] }]
  const calls = [['create_task', { kind: 'note', title: 'Ask the baker' }], edit] as [string, object][]
  await using it = await house([{ calls }, 'Added.'])
  await it.say('Add it.')
  await it.until('answered')
  it.script.push(
    {
      calls: [
        ['remove_task', { task: await it.taskId('Ask the baker') }],
        ['undo_change', { change: (await changeOf(it, 'index.html')).id }],
      ],
    },
    'Removed.',
  )
  await it.say('Remove it.')
  await it.until('answered')
  expect(it.results(4)).toMatchObject([{ content: 'Removed.' }, { content: expect.stringContaining('Undone') }])
  expect(await it.file('index.html')).toBe(PAGE)
})

test('a decision is about what was shown: when the file has changed since, the person is asked anew', async () => {
  await using it = await house([OVERWRITE, 'Written.'])
  await it.say('Start over.')
  const first = (await it.until('asking')).rounds[0]!.calls[0]!
  const { items } = await it.json(`/api/projects/${it.project}/changes`)
  const page = items.find(({ operations }: Change) => operations[0]?.entityId === 'index.html')
  const undone = await (await it.post(`/api/changes/${page.id}/reversal`)).json()
  await it.post(`/api/changes/${undone.change.id}/reversal`)
  await it.post(`/api/tool-calls/${first.id}/approval`)
  let second = first
  while (second.question!.base === first.question!.base) second = (await it.until('asking')).rounds[0]!.calls[0]!
  expect(await it.file('index.html')).toBe(PAGE)
  await it.post(`/api/tool-calls/${first.id}/approval`)
  await it.until('answered')
  expect(await it.file('index.html')).toBe(OTHER)
})

test('a question survives a restart, and the answer goes on after it, with nothing done twice', async () => {
  using folder = temporaryFolder()
  const script = [
    {
      calls: [
        ['create_task', { kind: 'note', title: 'Ask the baker' }],
        ['delete_file', { path: 'hours.json' }],
        ['create_task', { kind: 'note', title: 'Ask the miller' }],
      ] as [string, object][],
    },
    'All done.',
  ]
  const before = await house(script, { data: folder.path })
  await before.say('Tidy up.')
  await before.until('asking')
  await before[Symbol.asyncDispose]()

  await using app = await testApp({ data: folder.path, providers: [before.model] })
  const it = open(app, before.model, before.project, script)
  const [call] = (await it.until('asking')).rounds[0]!.calls.filter(({ state }) => state === 'asking')
  await it.post(`/api/tool-calls/${call!.id}/approval`)
  const { rounds, standing } = await it.until('answered')
  expect(rounds[0]!.calls.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
  expect(standing).toBe(3)
  expect(before.model.asked.filter(({ task }) => task.kind === 'chat')).toHaveLength(2)
})

test('stopping an answer that asks takes the question back', async () => {
  await using it = await house([OVERWRITE, 'Written.'])
  await it.say('Start over.')
  const { rounds, job } = await it.until('asking')
  await it.post(`/api/jobs/${job!.id}/cancellation`)
  const stopped = await it.until('stopped')
  expect(stopped.rounds[0]!.calls[0]).toMatchObject({ state: 'failed', result: 'Not run: the answer was stopped.' })
  const late = await it.post(`/api/tool-calls/${rounds[0]!.calls[0]!.id}/approval`)
  expect(late.status).toBe(409)
})

async function personsChange(it: House): Promise<string> {
  const { items } = await it.json(`/api/projects/${it.project}/changes`)
  const page = items.find(({ operations }: Change) => operations[0]?.entityId === 'index.html')
  const { change } = await (await it.post(`/api/changes/${page.id}/reversal`)).json()
  return change.id
}

/** The newest change of a thing. */
async function changeOf(it: House, entityId: string): Promise<{ id: string }> {
  const { items } = await it.json(`/api/projects/${it.project}/changes`)
  return items.find(({ operations }: Change) => operations[0]?.entityId === entityId)
}

/** Has the model write a file of these lines, which asks nobody. */
async function written(it: House, path: string, lines: string[]): Promise<string[]> {
  it.script.push({ calls: [['write_file', { path, content: lines.join('\n') }]] }, 'Written.')
  await it.say(`Write ${path}.`)
  await it.until('answered')
  return lines
}

function edit(path: string, gone: string[]): [string, object] {
  return ['edit_file', { path, blocks: gone.map((search) => ({ search, replace: '' })) }]
}
