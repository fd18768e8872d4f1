// The real server, with a model that makes the writing of one file a story of many tries, and never ends another file.
import { createSetupLink } from '../../src/accounts/setup.ts'
import { createApp } from '../../src/app.ts'
import { stopRequested } from '../../src/cli/stop.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { planOf, scriptedModel } from './scripted-model.ts'

const plan = planOf([
  { id: 'note', path: 'note.md', title: 'A note' },
  { id: 'other', path: 'other.md', title: 'Another note' },
])
const headers = new Headers({ 'retry-after': '600' })
const model = scriptedModel({
  plan: [plan],
  files: {
    'note.md': [
      { stall: 'The first line.\nThe second <b>line</b>.\nThe third' },
      { fails: { status: 429, said: 'slow down', headers } },
      { stall: 'The third line.\n' },
      'Another text altogether.\n',
    ],
    'other.md': [{ stall: 'It goes on' }],
  },
})
await using app = await createApp(readConfig(process.env), { providers: [model], devices: [cpuDevice()] })
const { url } = app.listen()
await app.startWork()
const { path } = await createSetupLink(app)
process.stdout.write(`Hearth is at ${url}\n${url}${path}\n`)
await stopRequested()
