import type { LiveJobs } from '../jobs/live.ts'
import type { Job } from '../jobs/tables.ts'
import type { End } from '../sandbox/outcome.ts'
import { RUN } from './asides.ts'

/** What a person has asked to be run. */
export interface RunInput {
  /** A line of shell. */
  command: string
  /** Whether new and changed files become a change of the project. */
  keeps: boolean
  /** Longest time, seconds. */
  seconds: number
}

/** How a command went that was run in the sandbox. */
export interface RunResult {
  end: Exclude<End, { why: 'broken' }>
  durationMs: number
  /** The end of its output, fit for a page. */
  output: string
  outputBytes: number
  /** Files that were written to the project. */
  files: string[]
  /** Files that the command took away in its copy: they stay in the project. */
  gone: string[]
  /** What it left that was not taken, and why. */
  left: { path: string; why: string }[]
  /** Why nothing at all was taken. */
  refused: string | null
}

/** A command as the page of its job shows it. */
export interface RunView extends RunInput {
  output: string
  result: RunResult | null
}

/** Characters of output that a page shows. */
const SHOWN = 16_000

/** Null for a job of another kind. */
export function runView(job: Job, live: LiveJobs): RunView | null {
  if (job.kind !== RUN) return null
  const result = job.state === 'succeeded' ? (job.result as RunResult) : null
  const output = result?.output ?? live.view(job.id)?.draft.text ?? ''
  return { ...(job.input as RunInput), output: output.slice(-SHOWN), result }
}

/** How a command ended, in words. */
export function endWords({ end }: RunResult): string {
  if (end.why !== 'exit') return end.said
  return end.code === 0 ? 'It ended well.' : `It ended with code ${end.code}.`
}
