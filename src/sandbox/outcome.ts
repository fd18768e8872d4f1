import type { Limits } from './limits.ts'

/** Why a run was ended before its time. */
export type Stop = 'time' | 'cpu' | 'memory' | 'files' | 'output' | 'stopped'

/** How a run ended. `code`: 128 and more for a signal, as a shell says it; 127 where there is no such command. */
export type End = { why: 'exit'; code: number } | { why: Stop; said: string } | { why: 'broken'; said: string }

/** What a run left in its working copy. */
export interface Back {
  /** New files, and those with another content than they came with. Paths are good paths in a project. */
  changed: Map<string, Uint8Array>
  /** Files that were laid in and are no more. */
  gone: string[]
  /** What is there and can't be taken: links, devices, names that no project can hold. */
  left: { path: string; why: string }[]
}

export interface Outcome {
  end: End
  durationMs: number
  /** The last of its output, both streams as they came. */
  tail: string
  /** Bytes of output in all. */
  outputBytes: number
  /** Present when it was asked for, and the command ended by itself; or in words why there is nothing. */
  back?: Back | { refused: string }
}

/** What passed which limit, as a person reads it. */
export function saidOf(stop: Stop, limits: Limits): string {
  const sentences: Record<Stop, string> = {
    time: `It ran longer than ${Math.round(limits.wallMs / 1000)} seconds and was stopped.`,
    cpu: `It used more than ${limits.cpuSeconds} seconds of the processor and was stopped.`,
    memory: `It needed more than ${megabytes(limits.memoryBytes)} MB of memory and was stopped.`,
    files: `It made more than ${limits.files} files and was stopped.`,
    output: `It wrote more than ${megabytes(limits.outputBytes)} MB of output and was stopped.`,
    stopped: 'It was stopped.',
  }
  return sentences[stop]
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toLocaleString('en', { maximumFractionDigits: 1 })
}
