import { copyFileSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256 } from '../durable.ts'
import type { WorkerSpec } from '../protocol.ts'
import { type Checkpoint, readCheckpoint, resumeSketch } from './checkpoints.ts'
import { createSketch, type Sketch } from './sketch.ts'

const SEEDS = 2 ** 32

/** The pictures of one job, painted one after the other, each as if it were alone. */
export interface Batch {
  count: number
  /** Hashes of those that are in `out/` already. */
  made: string[]
  /** The one at work. */
  sketch: Sketch
}

/** Begins a batch, or goes on with one: from the furthest checkpoint that is whole and whose pictures are still there. */
export function openBatch(folder: string, spec: WorkerSpec): Batch {
  const begun = { count: spec.params.count, made: [], sketch: sketchOf(spec, 0) }
  for (const path of [spec.resumeFrom, ...spec.resumeElse]) {
    const checkpoint = path && readCheckpoint(path, begun)
    if (checkpoint && bringPictures(dirname(dirname(path)), folder, checkpoint)) return resumed(spec, checkpoint)
    if (path) process.stderr.write(`${path} can't be resumed\n`)
  }
  return begun
}

/** Steps done, over all pictures. */
export function stepsDone({ made, sketch }: Batch): number {
  return made.length * sketch.spec.steps + sketch.step
}

/** Goes on to the next picture, now that this one is in `out/`. */
export function nextPicture(batch: Batch, spec: WorkerSpec, digest: string): void {
  batch.made.push(digest)
  if (batch.made.length < batch.count) batch.sketch = sketchOf(spec, batch.made.length)
}

function resumed(spec: WorkerSpec, checkpoint: Checkpoint): Batch {
  const sketch = sketchOf(spec, checkpoint.made.length)
  if (checkpoint.step > 0) resumeSketch(sketch, checkpoint)
  return { count: spec.params.count, made: checkpoint.made, sketch }
}

function sketchOf({ params: { prompt, seed, width, height, steps } }: WorkerSpec, picture: number): Sketch {
  return createSketch(prompt, (seed + picture) % SEEDS, width, height, steps)
}

/** Takes over what an earlier attempt has finished. */
function bringPictures(from: string, to: string, { made }: Checkpoint): boolean {
  if (from === to) return true
  try {
    for (const digest of made) {
      const place = join('out', `${digest}.png`)
      if (sha256(readFileSync(join(from, place))) !== digest) return false
      copyFileSync(join(from, place), join(to, place))
    }
    return true
  } catch {
    return false // gone or damaged: the earlier checkpoint has fewer of them
  }
}
