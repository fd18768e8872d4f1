import { parseArgs } from 'node:util'
import { DomainError, errorFacts } from '../../errors.ts'
import { type PythonEngine, pythonEngines } from '../../gpu/setup/python-engines.ts'
import { type Step, setUp } from '../../gpu/setup/set-up.ts'
import { venvState } from '../../gpu/setup/venv-state.ts'
import { bytes } from '../../web/format.ts'
import { type Cli, USAGE } from '../io.ts'

const HOW = 'usage: hearth gpu setup [ENGINE] [--check] [--json]'
/** A line of progress is written no more often, ms. */
const TELL_EACH_MS = 2_000
const STOPPED = 130

interface Asked {
  engine: string | undefined
  check: boolean
  json: boolean
}

/** `hearth gpu setup`: makes what is missing of the engines' Python environments; 0 when all of them are ready, 1 when one is not. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  const all = pythonEngines(io.config.data)
  const wanted = all.filter(({ name }) => asked.engine === undefined || name === asked.engine)
  if (asked.engine !== undefined && wanted.length === 0) return unknown(io, asked.engine, all)
  let code = 0
  for (const engine of wanted) code ||= asked.check ? check(io, asked, engine) : await make(io, asked, engine)
  return code
}

function check(io: Cli, { json }: Asked, { name, label, ...engine }: PythonEngine): number {
  const state = venvState(io.config.data, { name, label, ...engine })
  if (json) io.out(JSON.stringify({ type: 'state', engine: name, state }))
  else io.out(`${label}: ${STATES[state]}`)
  return state === 'ready' ? 0 : 1
}

const STATES = {
  ready: 'is ready.',
  outdated: 'its packages are of another version of Hearth. Run hearth gpu setup.',
  unfinished: 'its environment is not whole. Run hearth gpu setup, which goes on from there.',
  none: 'has no environment yet. Run hearth gpu setup.',
}

async function make(io: Cli, { json }: Asked, engine: PythonEngine): Promise<number> {
  const { data, gpu } = io.config
  const stop = new AbortController()
  const stopped = () => stop.abort()
  process.once('SIGINT', stopped).once('SIGTERM', stopped)
  try {
    const tell = json
      ? (step: Step) => io.out(JSON.stringify({ ...step, engine: engine.name }))
      : inWords(io, engine.label)
    const made = await setUp({ data, python: gpu.python, signal: stop.signal, tell }, engine)
    if (json) io.out(JSON.stringify({ type: 'ready', engine: engine.name, python: made.python, by: made.by }))
    else io.out(`${engine.label} is ready (Python ${made.python}, by ${made.by}).`)
    return 0
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    if (json) io.out(JSON.stringify({ type: 'failed', engine: engine.name, error: errorFacts(error) }))
    else io.err(error.message)
    return stop.signal.aborted ? STOPPED : 1
  } finally {
    process.off('SIGINT', stopped).off('SIGTERM', stopped)
  }
}

/** Plain lines, one for each package, and one now and then while a large one comes. */
function inWords(io: Cli, label: string): (step: Step) => void {
  let count = 0
  let of = 0
  let toldAt = performance.now()
  return (step) => {
    const now = performance.now()
    if (step.type === 'phase') {
      of = step.packages
      io.out(`${label}: ${phaseWords(step)}`)
    } else if (step.type === 'package') {
      io.out(`  ${++count} of at most ${of}: ${step.name}${step.bytes === null ? '' : `, ${bytes(step.bytes)}`}`)
    } else if (step.type === 'installing') {
      io.out(`  puts ${step.packages} packages in place; this takes some minutes`)
    } else if (now - toldAt >= TELL_EACH_MS) {
      toldAt = now
      io.out(`    ${bytes(step.done)} of ${bytes(step.total)}`)
    }
  }
}

function phaseWords({ phase, by, python }: Extract<Step, { type: 'phase' }>): string {
  if (phase === 'environment') return `an environment of Python ${python}, made by ${by}`
  return phase === 'packages' ? 'its packages, each checked against its hash' : 'writes all of it to the disk'
}

function unknown(io: Cli, name: string, all: PythonEngine[]): number {
  const names = all.map((engine) => engine.name).join(', ')
  io.err(`There is no engine “${name}” that needs Python packages${names ? `. There are: ${names}.` : '.'}`)
  return 1
}

function understood(args: string[]): Asked | undefined {
  try {
    const options = { check: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    return positionals.length <= 1 ? { engine: positionals[0], ...values } : undefined
  } catch {
    return undefined // an option that is not ours: the usage says which there are
  }
}
