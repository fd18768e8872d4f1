// The real server, with a model that makes a small page and then talks about it by a script.
import { createSetupLink } from '../../src/accounts/setup.ts'
import { createApp } from '../../src/app.ts'
import { stopRequested } from '../../src/cli/stop.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { NO_WISH, planOf, scriptedModel } from './scripted-model.ts'

const model = scriptedModel({
  demo: false,
  plan: [
    planOf([
      { id: 'home', title: 'Front page', path: 'index.html' },
      { id: 'hours', title: 'Opening hours', path: 'hours.json' },
    ]),
  ],
  files: {
    'index.html': [
      '<!doctype html>\n<html lang="en">\n<title>Crumb</title>\n<h1>Crumb</h1>\n<p>Open from 7.</p>\n</html>\n',
    ],
    'hours.json': ['{ "monday": "7-18" }\n'],
  },
  chat: [
    {
      says: 'I change the **page**.',
      calls: [
        ['read_file', { path: 'index.html' }],
        ['edit_file', { path: 'index.html', blocks: [{ search: 'from 7.', replace: 'from 8.' }] }],
      ],
    },
    { stall: 'It opens at 8 now.\nThe hours in <b>hours.json</b> still' },
    'It opens at 8 now.\nThe hours in <b>hours.json</b> still say 7.',
    { calls: [['delete_file', { path: 'hours.json' }]] },
    'The hours are gone.',
  ],
  edit: [
    JSON.stringify({
      note: '',
      operations: [
        { ...NO_WISH, do: 'create', task: 'ask', kind: 'note', title: 'Ask the baker', due: '2026-11-27' },
        { ...NO_WISH, do: 'edit', task: 'hours', title: 'Hours' },
      ],
    }),
  ],
})
await using app = await createApp(readConfig(process.env), { providers: [model], devices: [cpuDevice()] })
const { url } = app.listen()
await app.startWork()
const { path } = await createSetupLink(app)
process.stdout.write(`Hearth is at ${url}\n${url}${path}\n`)
await stopRequested()
