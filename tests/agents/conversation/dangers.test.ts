import { expect, test } from 'bun:test'
import { MADE } from '../../files/scan/corpus.ts'
import { house } from './house.ts'

const RISKY =
  "import { exec } from 'node:child_process'\nexport const zip = (file) => exec('zip a.zip ' + file)\nexport const name = 'zip'\n"
const write = (path: string, content: string) => ({
  says: 'I write it.',
  calls: [['write_file', { path, content }]] as [string, object][],
})

test('before something dangerous is written a person is asked, with what was found', async () => {
  await using it = await house([write('zip.js', RISKY), 'Written.'])
  await it.say('Write a tool.')
  const { rounds } = await it.until('asking')
  const [call] = rounds[0]!.calls
  expect(call!.question).toMatchObject({
    says: 'Write zip.js with what is dangerous in it.',
    notes: [expect.stringMatching(/^line 2: A shell reads .* \(shell-from-input\)$/)],
  })
  const page = await (await it.request(`/projects/${it.project}`)).text()
  expect(page).toContain('line 2: A shell reads a command that is put together from values')
  expect((await it.post(`/api/tool-calls/${call!.id}/approval`)).status).toBe(202)
  await it.until('answered')
  expect(await it.file('zip.js')).toBe(RISKY)
})

test('an edit that does not bring in anything dangerous itself is made without a question', async () => {
  const blocks = [{ search: "name = 'zip'", replace: "name = 'pack'" }]
  await using it = await house([
    write('zip.js', RISKY),
    'Written.',
    { says: 'I rename it.', calls: [['edit_file', { path: 'zip.js', blocks }]] },
    'Renamed.',
  ])
  await it.say('Write a tool.')
  const { rounds } = await it.until('asking')
  await it.post(`/api/tool-calls/${rounds[0]!.calls[0]!.id}/approval`)
  await it.until('answered')
  await it.say('Call it pack.')
  const { rounds: renamed } = await it.until('answered')
  expect(renamed[0]!.calls[0]).toMatchObject({ state: 'done' })
})

test('a secret is never written: the model is told the line and the reason, and not the secret', async () => {
  const key = MADE.stripe!()
  await using it = await house([write('pay.js', `pay('${key}')\n`), 'Then not.'])
  await it.say('Let them pay.')
  await it.until('answered')
  const [result] = it.results(2)
  expect(result!.failed).toBe(true)
  expect(result!.content).toContain('line 1: A Stripe live key stands in the file')
  expect(result!.content).not.toContain(key)
  expect((await it.request(`/api/projects/${it.project}/files/pay.js`)).status).toBe(404)
})
