import { expect, test } from 'bun:test'
import type { Change } from '../../../src/changes/tables.ts'
import { house, PAGE } from './house.ts'

test('a message is answered in words, with the plan and the files before the model', async () => {
  await using it = await house(['It has **two** files.'])
  const { job } = await it.say('What is there?')
  expect(job).not.toBeNull()
  const exchange = await it.until('answered')
  expect(exchange).toMatchObject({ text: 'What is there?', rounds: [{ text: 'It has **two** files.', calls: [] }] })

  const asked = it.model.asked.find(({ task }) => task.kind === 'chat')!
  expect(asked.messages).toEqual([{ role: 'user', content: 'What is there?' }])
  expect(asked.context).toContain('index.html')
  expect(asked.context).toContain('Opening hours')
  expect(asked.tools!.map(({ name }) => name)).toContain('edit_file')
  expect((await it.json(`/api/projects/${it.project}`)).project.status).toBe('done') // talk is no work of the project
})

test('looking: files are listed, searched and read as numbered data', async () => {
  await using it = await house([
    {
      calls: [
        ['list_files', {}],
        ['search', { text: 'OPEN' }],
        ['read_file', { path: 'index.html', from: 2, to: 3 }],
        ['list_tasks', {}],
      ],
    },
    'Seen.',
  ])
  await it.say('Look around.')
  const { rounds } = await it.until('answered')
  const [list, search, read, tasks] = it.results(2).map(({ content }) => content)
  expect(list).toContain(`index.html (${PAGE.length} bytes, version 1)`)
  expect(search).toContain('index.html:4| <p>Open from 7.</p>')
  expect(search).toMatch(/task .*: Opening hours/)
  expect(read).toEndWith('2| <title>Crumb</title>\n3| <h1>Crumb</h1>\nThe file goes on: read from line 4.')
  expect(read).toContain('not a message to you')
  expect(tasks).toContain('Front page (write; done; index.html')
  expect(rounds[0]!.calls.map(({ says }) => says)).toEqual([
    'Lists the files',
    'Searches for “OPEN”',
    'Reads index.html, lines 2 to 3',
    'Lists the tasks',
  ])
})

test('an edit is a change of the job’s own, shown with what went and what came', async () => {
  await using it = await house([
    {
      says: 'I change it.',
      calls: [['edit_file', { path: 'index.html', blocks: [{ search: 'from 7.', replace: 'from 8.' }] }]],
    },
    'It opens at 8 now.',
  ])
  const { job } = await it.say('We open at 8.')
  const { rounds, standing } = await it.until('answered')
  expect(await it.file('index.html')).toBe(PAGE.replace('7', '8'))
  const [call] = rounds[0]!.calls
  expect(call).toMatchObject({
    says: 'Edits index.html (1 place)',
    state: 'done',
    diff: [
      { sign: '-', text: 'from 7.' },
      { sign: '+', text: 'from 8.' },
    ],
  })
  expect(standing).toBe(1)
  const { items } = await it.json(`/api/projects/${it.project}/changes`)
  expect(items[0]).toMatchObject({ operations: [{ entityId: 'index.html' }], by: `job:${job!.id}`, job: job!.id })
})

const BAD_EDITS: [string, [string, object | string], RegExp][] = [
  [
    'a text that is not there',
    ['edit_file', { path: 'index.html', blocks: [{ search: 'from 9.', replace: 'x' }] }],
    /do not stand in the file.*\n.*nearest lines.*\n4\| /,
  ],
  [
    'a text that is there twice',
    ['edit_file', { path: 'index.html', blocks: [{ search: 'Crumb', replace: 'x' }] }],
    /more than once \(lines 2, 3\)/,
  ],
  [
    'one good block and one bad',
    [
      'edit_file',
      {
        path: 'index.html',
        blocks: [
          { search: 'from 7.', replace: 'x' },
          { search: 'nope', replace: 'y' },
        ],
      },
    ],
    /Block 2: .*do not stand/,
  ],
  [
    'an edit that breaks the file',
    ['edit_file', { path: 'hours.json', blocks: [{ search: '"7-18"', replace: '7-18' }] }],
    /would be broken/,
  ],
  [
    'a script that its shell refuses, in the sandbox',
    ['write_file', { path: 'run.sh', content: 'if true; then\n' }],
    /would be broken\. line 1, column 1: syntax error/,
  ],
  [
    'a file that is not there',
    ['edit_file', { path: 'gone.html', blocks: [{ search: 'a', replace: 'b' }] }],
    /no file/,
  ],
  ['a path out of the project', ['write_file', { path: '../../etc/passwd', content: 'x' }], /leaves the project/],
  ['a path of Hearth’s own', ['write_file', { path: '.hearth/key', content: 'x' }], /Hearth’s own/],
  ['a picture as text', ['write_file', { path: 'a.png', content: 'x' }], /no text file/],
  ['a new file that is broken', ['write_file', { path: 'a.json', content: '{' }], /would be broken/],
  ['a change of nowhere', ['undo_change', { change: 'nothing' }], /no change/],
  ['broken arguments', ['edit_file', '{"path": "index.html", "blo'], /not JSON/],
  ['a task that is not there', ['finish_task', { task: 'nothing' }], /no task/],
]
test('what can’t be done is refused in words that tell the model why, and nothing changes', async () => {
  await using it = await house([{ calls: BAD_EDITS.map(([, call]) => call) }, 'Oh well.'])
  await it.say('Do it.')
  await it.until('answered')
  const refusals = it
    .results(2)
    .map(({ failed, content }, i) => [BAD_EDITS[i]![0], failed, BAD_EDITS[i]![2].test(content) || content])
  expect(refusals).toEqual(BAD_EDITS.map(([what]) => [what, true, true]))
  expect([await it.file('index.html'), await it.file('hours.json')]).toEqual([PAGE, '{ "monday": "7-18" }\n'])
  expect((await it.json(`/api/projects/${it.project}`)).files).toHaveLength(2)
})

test('tasks are added, changed, moved, finished and rendered by the rules of the tree, each as a change', async () => {
  await using it = await house([
    {
      calls: [
        ['create_task', { kind: 'note', title: 'Ask the baker', due: '2026-11-27' }],
        ['render_picture', { title: 'Oven', path: 'images/oven.png', prompt: 'an oven', width: 64, height: 64 }],
        ['create_task', { kind: 'write', title: 'No path' }],
        ['run_check', {}],
      ],
    },
    'Planned.',
  ])
  await it.say('Plan it.')
  await it.until('answered')
  const results = it.results(2)
  expect(results.map(({ failed }) => failed ?? false)).toEqual([false, false, true, false])
  expect(results[2]!.content).toContain('needs a path')
  expect(await it.settled(it.project)).toBe('done')
  const { tasks, files } = await it.json(`/api/projects/${it.project}`)
  expect(tasks.find(({ title }: { title: string }) => title === 'Ask the baker')).toMatchObject({
    kind: 'note',
    dueAt: Date.UTC(2026, 10, 28) - 1,
  })
  expect(files.map(({ path }: { path: string }) => path)).toContain('images/oven.png')
})

test('a task is moved and given other words', async () => {
  await using it = await house([])
  const [home, hours] = [await it.taskId('Front page'), await it.taskId('Opening hours')]
  it.model.asked.length = 0
  it.script.push(
    {
      calls: [
        ['move_task', { task: hours, parent: null }],
        ['update_task', { task: home, title: 'Welcome', due: '2026-12-01' }],
      ],
    },
    'Done.',
  )
  await it.say('Move it.')
  await it.until('answered')
  const { tasks } = await it.json(`/api/projects/${it.project}`)
  expect(tasks.find(({ id }: { id: string }) => id === hours)).toMatchObject({ parent: null })
  expect(tasks.find(({ id }: { id: string }) => id === home)).toMatchObject({
    title: 'Welcome',
    dueAt: Date.UTC(2026, 11, 2) - 1,
  })
})

test('a file that is gone is written anew without a question, and its versions go on', async () => {
  await using it = await house([{ calls: [['write_file', { path: 'hours.json', content: '{}\n' }]] }, 'There.'])
  const { items } = await it.json(`/api/projects/${it.project}/changes`)
  const hours = items.find(({ operations }: Change) => operations[0]?.entityId === 'hours.json')
  await it.post(`/api/changes/${hours.id}/reversal`)
  await it.say('Hours again.')
  await it.until('answered')
  expect(it.results(2)[0]!.content).toContain('Wrote hours.json: it is version 3 now')
  expect(await it.file('hours.json')).toBe('{}\n')
})

test('all that an answer did is undone at once, in both rooms', async () => {
  await using it = await house([
    {
      calls: [
        ['edit_file', { path: 'index.html', blocks: [{ search: 'from 7.', replace: 'from 8.' }] }],
        ['write_file', { path: 'about.html', content: '<!doctype html>\n<title>About</title>\n' }],
        ['create_task', { kind: 'note', title: 'Ask the baker' }],
        ['edit_file', { path: 'index.html', blocks: [{ search: 'from 8.', replace: 'from 9.' }] }],
      ],
    },
    'Done.',
  ])
  const { message } = await it.say('Do four things.')
  expect((await it.until('answered')).standing).toBe(4)
  const undone = await it.post(`/api/messages/${message.id}/reversal`)
  expect(undone.status).toBe(201)
  const { tasks, files } = await it.json(`/api/projects/${it.project}`)
  expect(await it.file('index.html')).toBe(PAGE)
  expect(files).toHaveLength(2)
  expect(tasks).toHaveLength(3)
  const again = await it.post(`/api/messages/${message.id}/reversal`)
  expect([again.status, (await again.json()).code]).toEqual([409, 'nothing_to_undo'])
})

test('what somebody has changed since stands in the way of undoing an answer, and then none of it is undone', async () => {
  await using it = await house([
    {
      calls: [
        ['edit_file', { path: 'index.html', blocks: [{ search: 'from 7.', replace: 'from 8.' }] }],
        ['create_task', { kind: 'note', title: 'Ask' }],
      ],
    },
    'Done.',
    { calls: [['edit_file', { path: 'index.html', blocks: [{ search: 'from 8.', replace: 'from 9.' }] }]] },
    'Done again.',
  ])
  const { message } = await it.say('First.')
  await it.until('answered')
  await it.say('Second.')
  await it.until('answered')
  const refused = await it.post(`/api/messages/${message.id}/reversal`)
  expect([refused.status, (await refused.json()).code]).toEqual([409, 'changed_since'])
  expect((await it.json(`/api/projects/${it.project}`)).tasks).toHaveLength(4)
})

test('what a person has edited since stays: the undoing of the answer is refused in words, and works once they took theirs back', async () => {
  await using it = await house([
    {
      calls: [
        ['create_task', { kind: 'note', title: 'Ask the baker' }],
        ['edit_file', { path: 'index.html', blocks: [{ search: 'from 7.', replace: 'from 8.' }] }],
      ],
    },
    'Done.',
  ])
  const { message } = await it.say('Two things.')
  await it.until('answered')
  const body = JSON.stringify({ title: 'Ask the miller' })
  const headers = { 'content-type': 'application/json' }
  const task = await it.taskId('Ask the baker')
  expect((await it.request(`/api/tasks/${task}`, { method: 'PATCH', headers, body })).status).toBe(200)

  const form = { method: 'POST', headers: { 'hx-request-type': 'partial' } }
  const onPage = await it.request(`/messages/${message.id}/reversal`, form)
  expect([onPage.status, onPage.headers.get('hx-retarget')]).toEqual([409, '#notice'])
  expect(await onPage.text()).toContain('The task was changed again after this, in the same place.')
  const refused = await (await it.post(`/api/messages/${message.id}/reversal`)).json()
  expect(refused).toMatchObject({ code: 'changed_since', context: { entity: 'task', id: task } })
  expect(await it.taskId('Ask the miller')).toBe(task)
  expect(await it.file('index.html')).toBe(PAGE.replace('7', '8'))
  expect((await it.exchanges())[0]!.standing).toBe(2)

  await it.post(`/api/changes/${refused.context.last}/reversal`)
  expect((await it.post(`/api/messages/${message.id}/reversal`)).status).toBe(201)
  expect(await it.file('index.html')).toBe(PAGE)
  expect((await it.json(`/api/projects/${it.project}`)).tasks).toHaveLength(3)
})
