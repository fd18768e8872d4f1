import { bytes, clock, plural } from '../web/format.ts'
import type { Cli } from './io.ts'

const BAR_WIDTH = 24
const NAME_WIDTH = 30
/** Shortest time between two drawings, ms. */
const DRAW_MS = 100

interface Running {
  name: string
  kind: string
  phase: string
  bytes: number
  step: number
  steps: number
  elapsed: number
}

// biome-ignore lint/suspicious/noExplicitAny: a line is whatever the stream says; unknown fields are left alone
type Line = Record<string, any>

/** Shows a project's NDJSON lines to a person: bars that move on a terminal, one line per event elsewhere. */
export function openProgress(io: Cli, terminal: boolean): Disposable & { line(text: string): void } {
  const jobs = new Map<string, Running>()
  const names = new Map<string, string>()
  let drawn = 0
  let drawnAt = 0

  const draw = () => {
    if (!terminal || Date.now() - drawnAt < DRAW_MS) return
    drawnAt = Date.now()
    erase()
    const lines = [...jobs.values()].map(bar)
    process.stdout.write(lines.map((line) => `${line}\n`).join(''))
    drawn = lines.length
  }
  const erase = () => {
    if (drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  const say = (text: string) => {
    erase()
    io.out(text)
  }

  return {
    line(text) {
      const line: Line = JSON.parse(text)
      const said = note(line, jobs, names)
      if (said) say(said)
      draw()
    },
    [Symbol.dispose]: erase,
  }
}

/** Takes one line in; returns what it is worth telling for good, if anything. */
function note(line: Line, jobs: Map<string, Running>, names: Map<string, string>): string | undefined {
  const job = jobs.get(line.job)
  if (job) Object.assign(job, pick(line, ['phase', 'bytes', 'step', 'steps', 'elapsed']))
  switch (line.type) {
    case 'job.queued':
      if (line.path ?? line.title) names.set(line.job, line.path ?? line.title)
      return undefined
    case 'job.started':
      jobs.set(line.job, {
        name: names.get(line.job) ?? line.kind,
        kind: line.kind,
        phase: 'start',
        bytes: 0,
        step: 0,
        steps: 0,
        elapsed: line.elapsed,
      })
      return undefined
    case 'heartbeat':
      for (const beat of line.jobs) Object.assign(jobs.get(beat.job) ?? {}, pick(beat, ['phase', 'bytes', 'elapsed']))
      return undefined
    case 'plan.proposed':
      return `✓ plan      ${line.title}: ${line.tasks.filter(({ kind }: Line) => kind !== 'note').length} tasks`
    case 'file.written':
      return `✓ wrote     ${String(line.path).padEnd(NAME_WIDTH)} ${bytes(line.bytes)}`
    case 'check.finished':
      return checkNote(line)
    case 'job.retrying':
      return `↻ again     ${names.get(line.job) ?? line.kind}: ${line.error.message} (in ${Math.round(line.delayMs / 1000)} s)`
    case 'job.held':
    case 'job.failed':
      jobs.delete(line.job)
      return `✗ ${line.type === 'job.held' ? 'held  ' : 'failed'}    ${names.get(line.job) ?? line.kind}: ${line.error.message}`
    case 'job.succeeded':
    case 'job.cancelled':
    case 'job.paused':
      jobs.delete(line.job)
      return line.type === 'job.succeeded'
        ? undefined
        : `– ${line.type.slice(4).padEnd(9)} ${names.get(line.job) ?? line.kind}`
    default:
      return undefined
  }
}

function checkNote({ checked, problems }: Line): string {
  if (problems.length === 0) return `✓ checked   ${plural(checked, 'file')}, all good`
  const found = problems.map(({ path, message }: Line) => `            ${path}: ${message}`)
  return [`! checked   ${plural(checked, 'file')}, ${plural(problems.length, 'problem')}:`, ...found].join('\n')
}

function bar({ name, phase, bytes: count, step, steps, elapsed }: Running): string {
  const full = steps > 0 ? Math.round((step / steps) * BAR_WIDTH) : Math.floor(elapsed * 4) % BAR_WIDTH
  const track =
    steps > 0
      ? '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
      : `${'░'.repeat(full)}█${'░'.repeat(BAR_WIDTH - full - 1)}`
  const size = steps > 0 ? `step ${step} of ${steps}` : bytes(count)
  return `  ${track} ${name.slice(0, NAME_WIDTH).padEnd(NAME_WIDTH)} ${size.padEnd(14)} ${clock(elapsed)}  ${phase}`
}

function pick(line: Line, keys: string[]): Line {
  return Object.fromEntries(keys.filter((key) => line[key] !== undefined).map((key) => [key, line[key]]))
}
