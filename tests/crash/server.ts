// The real server, with a model and an engine that fail at times, and one named point at which it dies.
import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { stopRequested } from '../../src/cli/stop.ts'
import { systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { DomainError } from '../../src/errors.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import type { Chunk, Provider } from '../../src/llm/provider.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { Life } from './lives.ts'
import { hearDatabase } from './points.ts'
import { smallProject } from './small.ts'

const life = JSON.parse(process.env.CRASH_LIFE!) as Life
const chance = chanceFrom(life.seed)

let left = life.point?.nth ?? 0
/** Passing here is what kills the server, when this is the point of its death. */
function at(point: NonNullable<Life['point']>['name']): void {
  if (life.point?.name === point && --left === 0) process.kill(process.pid, 'SIGKILL')
}

hearDatabase({
  before({ what }) {
    at('database-call')
    if (what === 'commit') at('before-commit')
  },
  after({ what }) {
    at('database-call')
    if (what === 'commit') at('after-commit')
    if (what === 'script') at('mid-migration')
  },
})
const config = readConfig(process.env)
const demo = demoProvider({ project: smallProject, bytesPerSecond: config.demoBytesPerSecond, clock: systemClock })
await using app = await createApp(config, {
  clock: { ...systemClock, random: () => 0 },
  providers: [life.faults ? atTimesFaulty(demo, chance) : demo],
  devices: [cpuDevice()],
  workerCommand: [process.execPath, join(import.meta.dir, 'engine.ts'), life.faults ? life.seed : 'none'],
})
const { blobs, db } = app
const { put, putFile } = blobs
const { copyTo } = db
blobs.put = (content, options) => passing('blob-written', put(content, options))
blobs.putFile = (path) => {
  at('child-exited')
  return passing('blob-written', putFile(path))
}
db.copyTo = (path) => passing('mid-backup', copyTo(path))

const { url } = app.listen()
await app.startWork()
process.stdout.write(`Hearth is at ${url}\nReady\n`)
await stopRequested()

async function passing<T>(point: NonNullable<Life['point']>['name'], done: Promise<T>): Promise<T> {
  const result = await done
  at(point)
  return result
}

/** Fails before the first byte, or breaks off in the middle without a word, or falls silent for a moment. */
function atTimesFaulty(provider: Provider, chance: Chance): Provider {
  return {
    ...provider,
    async *stream(request, signal): AsyncGenerator<Chunk> {
      const fault = chance.often(0.08) ? chance.pick(['refuses', 'breaks off', 'stutters']) : null
      const after = chance.whole(1, 30)
      if (fault === 'refuses')
        throw new DomainError('model_unavailable', 'The model is not there.', { retryable: true, retryAfterMs: 50 })
      let sent = 0
      for await (const chunk of provider.stream(request, signal)) {
        if (fault === 'breaks off' && sent === after) return
        if (fault === 'stutters' && sent === after) await systemClock.sleep(150, signal)
        sent++
        yield chunk
      }
    },
  }
}
