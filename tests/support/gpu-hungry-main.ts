// An engine that runs out of memory until its plan saves as much as the prompt says: `until tiling`, `until group`, `never`, ...
// `tells` has it say what it held, and what it wanted.
import { readSpec } from '../../src/gpu/folder.ts'
import { runSketchWorker } from '../../src/gpu/sketch/worker.ts'
import { EXIT } from '../../src/gpu/wire.ts'
import { createVoice } from '../../src/gpu/worker/voice.ts'

const GIB = 1024 ** 3
const OFFLOADS = ['none', 'encoder', 'model', 'group']
const folder = Bun.argv.at(-1)!
const spec = readSpec(folder)!
const { vaeTiling, offload } = spec.memory
const [, wanted = 'nothing'] = /until (\w+)/.exec(spec.params.prompt) ?? []
const isEnough =
  !spec.params.prompt.includes('never') &&
  (wanted === 'nothing' ||
    (wanted === 'tiling'
      ? vaeTiling
      : OFFLOADS.indexOf(offload) >= OFFLOADS.indexOf(wanted) && OFFLOADS.includes(wanted)) ||
    (wanted === 'small' && spec.model!.id.endsWith('small')))
if (isEnough) process.exit(await runSketchWorker(folder))

const say = createVoice(folder, spec)
say({ type: 'hello', pid: process.pid, engine: 'hungry', engineVersion: '1', device: spec.device.id })
say({ type: 'phase', phase: 'load' })
if (spec.params.prompt.includes('tells')) say({ type: 'heartbeat', usedBytes: 19 * GIB, peakBytes: 19 * GIB })
say({ type: 'phase', phase: 'denoise' })
const figures = { needBytes: 2 * GIB, freeBytes: GIB, totalBytes: 24 * GIB }
say({ type: 'failed', code: 'out_of_memory', message: 'out of memory', retryable: true, ...figures })
process.exit(EXIT.outOfMemory)
