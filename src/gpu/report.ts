import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Phase, WorkerLine } from './protocol.ts'

/** `etaMs` is null until a step of this attempt has been timed. */
export type Progress = { step: number; steps: number; etaMs: number | null } | { bytes: number; totalBytes: number }

export interface RenderHooks {
  onPhase?(phase: Phase): void
  /** Steps while denoising, bytes while a model is read. */
  onProgress?(progress: Progress): void
  onPreview?(path: string, step: number): void
  onCheckpoint?(path: string, step: number): void
  /** What the worker holds of the device's memory now, and the most that it held, bytes. */
  onMemory?(usedBytes: number, peakBytes: number): void
  /** Aborting it ends the attempt with a checkpoint, as `gpu_preempted`. */
  pause?: AbortSignal | undefined
}

/** Turns a worker's lines into the caller's hooks. */
export function report(clock: Clock, folder: string, hooks: RenderHooks): (line: WorkerLine) => void {
  const progress = timed(clock)
  return (line) => {
    switch (line.type) {
      case 'phase':
        progress.phase(line.phase)
        return hooks.onPhase?.(line.phase)
      case 'progress': {
        const said = progress.of(line)
        return said ? hooks.onProgress?.(said) : undefined
      }
      case 'preview':
        return hooks.onPreview?.(join(folder, line.file), line.step)
      case 'checkpoint':
        return hooks.onCheckpoint?.(join(folder, line.file), line.step)
      case 'heartbeat': {
        const { usedBytes, peakBytes = usedBytes } = line
        if (usedBytes !== undefined) hooks.onMemory?.(usedBytes, peakBytes!)
      }
    }
  }
}

function timed(clock: Clock) {
  let first: { step: number; at: number } | null = null
  return {
    phase(phase: Phase) {
      if (phase === 'denoise') first = null
    },
    of({ step, steps, bytes, totalBytes }: Extract<WorkerLine, { type: 'progress' }>): Progress | null {
      if (bytes !== undefined && totalBytes !== undefined) return { bytes, totalBytes }
      if (step === undefined || steps === undefined) return null
      first ??= { step, at: clock.awake() }
      const done = step - first.step
      const etaMs = done > 0 ? Math.round(((clock.awake() - first.at) / done) * (steps - step)) : null
      return { step, steps, etaMs }
    },
  }
}
