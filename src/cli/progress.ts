import { bytes, clock, plural } from '../web/format.ts'
import type { Cli } from './io.ts'

const BAR_WIDTH = 16
const NAME_WIDTH = 30
const SIZE_WIDTH = 13
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

/** The terminal that bars are drawn on; its size may change at any time. */
export interface Screen {
  columns: number
  rows: number
  write(text: string): unknown
}

/** Shows a project's NDJSON lines to a person: bars that move on a terminal, one line per event elsewhere. */
export function openProgress(io: Pick<Cli, 'out'>, screen?: Screen): Disposable & { line(text: string): void } {
  const jobs = new Map<string, Running>()
  const names = new Map<string, string>()
  let drawn = 0
  let drawnAt = 0

  const draw = () => {
    if (!screen || Date.now() - drawnAt < DRAW_MS) return
    drawnAt = Date.now()
    erase()
    // Never wider or higher than the screen: what wraps or scrolls could not be erased again.
    const lines = [...jobs.values()].slice(0, screen.rows - 1).map((job) => cut(bar(job), screen.columns - 1))
    screen.write(lines.map((line) => `${line}\n`).join(''))
    drawn = lines.length
  }
  const erase = () => {
    if (drawn > 0) screen?.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  const say = (text: string) => {
    erase()
    io.out(harmless(text))
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
    case 'repairs.filed':
      return `↻ mending   ${line.tasks.map(({ path }: Line) => path).join(', ')}`
    case 'job.retrying':
      return `↻ again     ${names.get(line.job) ?? line.kind}: ${line.error.message} (in ${Math.round(line.delayMs / 1000)} s)`
    case 'model.retrying':
      return `↻ waiting   ${names.get(line.job) ?? line.kind}: ${line.error.message} (${Math.round(line.delayMs / 1000)} s)`
    case 'model.switched':
      return `→ goes on   ${names.get(line.job) ?? line.kind}: with ${line.to.model}${line.line > 1 ? `, from line ${line.line}` : ''}`
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

function checkNote({ checked, problems, findings = [] }: Line): string {
  const all = [...problems, ...findings.map(({ path, problem }: Line) => ({ path, message: problem }))]
  if (all.length === 0) return `✓ checked   ${plural(checked, 'file')}, all good`
  const found = all.map(({ path, message }: Line) => `            ${path}: ${message}`)
  return [`! checked   ${plural(checked, 'file')}, ${plural(all.length, 'problem')}:`, ...found].join('\n')
}

function bar({ name, kind, phase, bytes: count, step, steps, elapsed }: Running): string {
  const full = steps > 0 ? Math.round((step / steps) * BAR_WIDTH) : Math.floor(elapsed * 4) % BAR_WIDTH
  const track =
    steps > 0
      ? '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
      : `${'░'.repeat(full)}█${'░'.repeat(BAR_WIDTH - full - 1)}`
  const size = steps > 0 ? `step ${step} of ${steps}` : kind === 'render' ? '' : bytes(count)
  return harmless(`  ${track} ${fit(name, NAME_WIDTH)} ${fit(size, SIZE_WIDTH)} ${clock(elapsed)}  ${phase}`)
}

/** Titles and messages come from models: what would steer the terminal is taken out. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '')
}

/** The start of a text, as many columns wide at most. */
function cut(text: string, width: number): string {
  let kept = ''
  for (const character of text) {
    if (Bun.stringWidth(kept + character) > width) break
    kept += character
  }
  return kept
}

function fit(text: string, width: number): string {
  const kept = cut(text, width)
  return kept + ' '.repeat(width - Bun.stringWidth(kept))
}

function pick(line: Line, keys: string[]): Line {
  return Object.fromEntries(keys.filter((key) => line[key] !== undefined).map((key) => [key, line[key]]))
}
