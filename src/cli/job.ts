import { parseArgs } from 'node:util'
import { bytes, iso, seconds } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { type JobFacts, lineOf, NOUNS } from './jobs.ts'
import { ask } from './reach.ts'
import { theServer } from './schedules.ts'

const HOW =
  'usage: hearth job ID, or: hearth job cancel|retry|pause|resume ID [--attempt N] [--from-scratch], or: hearth job raise ID [--attempt N] [--to N]'

interface Attempt {
  attempt: number
  startedAt: number
  endedAt: number | null
  outcome: string | null
  phase: string | null
  bytes: number | null
  provider: string | null
  model: string | null
  engine: string | null
  device: string | null
  error: { code: string; message: string } | null
}

interface Render {
  attempt: number
  plan: {
    tier: string
    model: string | null
    engine: string
    reason: string
    lowered: { what: string; from: string; to: string; why: string }[]
  }
}

interface Shown {
  job: JobFacts
  /** A server of before knows none. */
  renders?: Render[]
  attempts: Attempt[]
  checkpoints: { name: string; attempt: number }[]
  wait: { until: number | null; says: string } | null
}

/** `hearth job ID`: a job with its attempts; `hearth job cancel|retry|pause|resume|raise ID`: what a person does to one. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, () => ('noun' in asked ? move(io, asked) : show(io, asked.id)))
}

async function show(io: Cli, id: string): Promise<number> {
  const {
    job,
    attempts,
    renders = [],
    checkpoints,
    wait,
  } = (await ask(theServer(io.config), `/api/jobs/${encodeURIComponent(id)}`)) as Shown
  io.out(lineOf(job))
  if (wait) io.out(`  ${wait.says}${wait.until ? ` Until ${iso(wait.until)}.` : ''}`)
  for (const each of attempts) {
    io.out(`  ${attemptLine(each)}`)
    for (const line of planLines(renders.find(({ attempt }) => attempt === each.attempt))) io.out(`    ${line}`)
  }
  for (const { name, attempt } of checkpoints) io.out(`  kept from try ${attempt}: ${name}`)
  return 0
}

function planLines(render: Render | undefined): string[] {
  if (!render) return []
  const { reason, lowered } = render.plan
  return [reason, ...lowered.map(({ what, from, to, why }) => `lowered: ${what} ${from} -> ${to}, since ${why}`)]
}

async function move(io: Cli, { id, noun, body }: Order): Promise<number> {
  const path = `/api/jobs/${encodeURIComponent(id)}/${noun}`
  const { job } = (await ask(theServer(io.config), path, { method: 'POST', body: JSON.stringify(body) })) as Shown
  io.out(lineOf(job))
  return 0
}

function attemptLine({ attempt, startedAt, endedAt, outcome, phase, bytes: size, error, ...by }: Attempt): string {
  const who = [by.provider, by.model, by.engine, by.device].filter((name) => name !== null).join(' ')
  const took = endedAt === null ? null : `after ${seconds((endedAt - startedAt) / 1000)}`
  const facts = [`try ${attempt}`, iso(startedAt), outcome ?? 'running', took, phase && `in “${phase}”`]
  const rest = [size ? bytes(size) : null, who ? `by ${who}` : null, error && `${error.code}: ${error.message}`]
  return [...facts, ...rest].filter(Boolean).join('  ')
}

interface Order {
  id: string
  noun: string
  body: Record<string, unknown>
}

const OPTIONS = {
  'from-scratch': { type: 'boolean' },
  attempt: { type: 'string' },
  to: { type: 'string' },
} as const

function understood(args: string[]): { id: string } | Order | undefined {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS })
    const [verb, id, ...rest] = positionals
    if (!verb || rest.length > 0) return undefined
    if (id === undefined) return verb in NOUNS || verb === 'raise' || args.length > 1 ? undefined : { id: verb }
    const [attempt, to] = [whole(values.attempt), whole(values.to)]
    const { 'from-scratch': fromScratch } = values
    if (verb === 'raise') return fromScratch ? undefined : { id, noun: 'priority', body: { attempt, priority: to } }
    const noun = NOUNS[verb as keyof typeof NOUNS]
    if (!noun || to !== undefined || (fromScratch && verb !== 'retry')) return undefined
    return { id, noun, body: { attempt, fromScratch } }
  } catch {
    return undefined // an option that doesn't exist, or no number: the usage line says what there is
  }
}

/** @throws RangeError for what is no whole number */
function whole(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^-?\d{1,9}$/.test(text)) throw new RangeError(text)
  return Number(text)
}
