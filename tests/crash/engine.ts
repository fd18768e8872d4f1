// The real worker, but for some attempts, which fail in a way that the seed decides.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSpec } from '../../src/gpu/folder.ts'
import { runSketchWorker } from '../../src/gpu/sketch/worker.ts'
import { chanceFrom } from './chance.ts'

const SHARE_OF_FAULTS = 0.1
const [seed, folder] = process.argv.slice(-2)
const spec = readSpec(folder!)
if (spec) {
  const chance = chanceFrom(`${seed} ${spec.params.seed} ${spec.attempt}`)
  const fault = { kind: chance.pick(['die', 'exit-1', 'oom', 'garbage'] as const), step: chance.whole(1, 12) }
  if (chance.often(SHARE_OF_FAULTS))
    writeFileSync(join(folder!, 'spec.json'), JSON.stringify({ ...spec, allowFaults: true, fault }))
}
process.exit(await runSketchWorker(folder!))
