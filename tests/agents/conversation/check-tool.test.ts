import { expect, test } from 'bun:test'
import { type House, house } from './house.ts'

const edit = (search: string, replace: string): [string, object] => [
  'edit_file',
  { path: 'index.html', blocks: [{ search, replace }] },
]
const NOTHING = JSON.stringify({ findings: [] })
const FOUND = JSON.stringify({
  findings: [{ path: 'index.html', problem: 'It names no\nclosing day.', fix: `Say so.${' Really.'.repeat(40)}` }],
})

test('the checker tells the model what it finds, so that the model can mend it and see that it did', async () => {
  await using it = await house([
    { calls: [edit('from 7.', 'from <a href="hours.html">7</a>.'), ['run_check', {}]] },
    { calls: [edit('hours.html', 'hours.json'), ['run_check', {}]] },
    'Mended.',
  ])
  await it.say('Is all well?')
  await it.until('answered')
  const found = it.results(2)[1]!.content
  expect(found).toMatch(/^Checked 2 files just now\./)
  expect(found).toMatch(/1 problem:\n- index\.html: .*hours\.html/)
  expect(it.results(3)[1]!.content).toContain('No problems.')

  expect(await it.settled(it.project)).toBe('done')
  const page = await (await it.request(`/projects/${it.project}`)).text()
  expect(page).toContain('All good: every planned file is there')
  expect(await checks(it)).toBe(3) // the project’s own, and one for each call, so that the page shows it
}, 60_000)

test('what a model found when it last read the project is told with a check, in short; it reads anew only when asked to', async () => {
  const calls: [string, object][] = [
    ['run_check', {}],
    ['run_check', { read: true }],
  ]
  await using it = await house([{ calls }, 'It reads.', { calls: [['run_check', {}]] }, 'Nothing more.'], {
    check: [FOUND, NOTHING],
  })
  const readings = () => it.model.asked.filter(({ task }) => task.kind === 'check').length
  for (const said of ['Check, and read it all again.', 'And now?']) {
    await it.say(said)
    await it.until('answered')
    await it.settled(it.project)
    expect([said, readings()]).toEqual([said, 2])
  }
  const [first, second] = it.results(2).map(({ content }) => content)
  expect(first).toMatch(/A model read all of it at .*, and found:\n- index\.html: It names no closing day\. Say so\./)
  expect([first, first!.length < 500]).toEqual([first, true])
  expect(second).toContain('A model reads all of it now')
  expect(it.results(4)[0]!.content).toContain('and found nothing to mend.')
}, 60_000)

test('a check in a conversation files no repairs: whoever asked for it mends', async () => {
  await using it = await house(
    [{ calls: [edit('from 7.', 'from <a href="gone.html">7</a>.'), ['run_check', {}]] }, 'So.'],
    {
      check: [NOTHING],
    },
  )
  await it.say('Break it.')
  await it.until('answered')
  await it.settled(it.project)
  const { tasks } = await it.json(`/api/projects/${it.project}`)
  expect(tasks).toHaveLength(3)
}, 60_000)

async function checks(it: House): Promise<number> {
  const { items } = await it.json(`/api/jobs?project=${it.project}`)
  return items.filter(({ kind }: { kind: string }) => kind === 'check').length
}
