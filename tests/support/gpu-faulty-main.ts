// The real worker, but for the first attempt at each picture, which fails in the way that the arguments name.
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readSpec } from '../../src/gpu/folder.ts'
import { runSketchWorker } from '../../src/gpu/sketch/worker.ts'

const [kind, folder] = process.argv.slice(-2)
const spec = readSpec(folder!)!
if (basename(folder!) === '1')
  writeFileSync(join(folder!, 'spec.json'), JSON.stringify({ ...spec, allowFaults: true, fault: { kind, step: 5 } }))
process.exit(await runSketchWorker(folder!))
