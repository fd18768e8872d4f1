import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../clock.ts'
import { writeDurably } from '../durable.ts'
import type { WorkerResult } from '../protocol.ts'
import { resampled, UnreadablePicture } from '../resample.ts'
import { EXIT, PROTOCOL } from '../wire.ts'
import { keepOutput } from '../worker/batch.ts'
import type { Begun } from '../worker/begin.ts'
import { Ended } from '../worker/end.ts'
import { SKETCH } from './about.ts'
import { faultAt } from './faults.ts'

/** Makes a picture larger without any model: smooth, and with no detail that it had not. Ends at once when it is asked to. */
export async function enlarge(begun: Begun): Promise<void> {
  const { folder, spec, say } = begun
  const { width, height } = spec.params
  say({ type: 'phase', phase: 'load' })
  const bytes = givenPicture(begun)
  say({ type: 'phase', phase: 'denoise' })
  faultAt(spec, 1, say)
  const [png] = await Promise.all([unlessStopped(begun, resampled(bytes, width, height)), pace(begun)])
  mustGoOn(begun)
  say({ type: 'progress', step: 1, steps: 1 })
  say({ type: 'phase', phase: 'save' })
  const outputs = [keepOutput(folder, Buffer.from(png), 'png', spec, 0)]
  const result: WorkerResult = {
    v: PROTOCOL,
    job: spec.job,
    attempt: spec.attempt,
    engine: SKETCH.name,
    engineVersion: SKETCH.version,
    outputs,
    params: { scale: spec.params.scale, filter: 'lanczos3', tier: spec.tier, device: spec.device.id },
    resumedFrom: 0,
    peakBytes: null,
  }
  writeDurably(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  say({ type: 'done', outputs })
}

function givenPicture({ folder, spec }: Begun): Buffer {
  const { init } = spec.inputs
  if (!init) throw new Ended(EXIT.badSpec, 'bad_spec', 'An upscale begins with a picture, and there is none.')
  return readFileSync(join(folder, init.path))
}

/** A picture that is at work can't be stopped: it is left to end with this process. */
async function unlessStopped(begun: Begun, work: Promise<Uint8Array>): Promise<Uint8Array> {
  const { signal } = begun.control
  const stopped = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const made = await Promise.race([work.catch(asEnd), stopped])
  if (made === null) mustGoOn(begun)
  return made!
}

function pace({ spec, control }: Begun): Promise<void> {
  return systemClock.sleep(spec.stepMs, control.signal)
}

function mustGoOn({ control }: Begun): void {
  if (control.stop() === 'cancel') throw new Ended(EXIT.cancelled, 'cancelled', 'cancelled')
  if (control.stop()) throw new Ended(EXIT.preempted, 'preempted', 'stopped before the picture was done')
}

function asEnd(error: unknown): never {
  if (error instanceof UnreadablePicture) throw new Ended(EXIT.badSpec, 'bad_spec', error.message)
  throw error
}
