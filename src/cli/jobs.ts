import { parseArgs } from 'node:util'
import { plural } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { ask } from './reach.ts'
import { theServer } from './schedules.ts'

const HOW = 'usage: hearth jobs [PROJECT] [--state STATE], or: hearth jobs cancel|retry|pause|resume PROJECT'
/** The noun that each verb creates. */
export const NOUNS = { cancel: 'cancellation', retry: 'retry', pause: 'pause', resume: 'resumption' } as const
const MOST = 200

export interface JobFacts {
  id: string
  kind: string
  state: string
  attempt: number
  priority: number
  createdAt: number
  error: { code: string; message: string } | null
}

/** `hearth jobs [PROJECT]`: the latest jobs, the newest first; `hearth jobs cancel PROJECT`: the same for all of a project. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, () => ('noun' in asked ? moveAll(io, asked) : list(io, asked)))
}

async function list(io: Cli, { project, state }: Listing): Promise<number> {
  const query = new URLSearchParams({ limit: String(MOST), ...(project && { project }), ...(state && { state }) })
  const { items, nextCursor } = (await ask(theServer(io.config), `/api/jobs?${query}`)) as {
    items: JobFacts[]
    nextCursor: string | null
  }
  for (const job of items) io.out(lineOf(job))
  if (items.length === 0) io.out('No jobs.')
  if (nextCursor) io.err(`Older ones are left out. Name a project or a state to see them.`)
  return 0
}

async function moveAll(io: Cli, { noun, project }: Moving): Promise<number> {
  const path = `/api/projects/${encodeURIComponent(project)}/${noun}`
  const { jobs } = (await ask(theServer(io.config), path, { method: 'POST' })) as { jobs: JobFacts[] }
  io.out(`${plural(jobs.length, 'job')} moved.`)
  for (const job of jobs) io.out(lineOf(job))
  return 0
}

/** One job in a line of text. */
export function lineOf({ id, kind, state, attempt, priority, error }: JobFacts): string {
  const facts = [id, kind.padEnd(6), state.padEnd(9), `try ${attempt}`]
  if (priority !== 0) facts.push(`priority ${priority}`)
  if (error) facts.push(error.message)
  return facts.join('  ')
}

interface Listing {
  project: string | undefined
  state: string | undefined
}

interface Moving {
  noun: string
  project: string
}

function understood(args: string[]): Listing | Moving | undefined {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { state: { type: 'string' } } })
    const [first, project, ...rest] = positionals
    if (rest.length > 0) return undefined
    if (first === undefined || project === undefined) {
      return first !== undefined && first in NOUNS ? undefined : { project: first, state: values.state }
    }
    const noun = NOUNS[first as keyof typeof NOUNS]
    return noun && !values.state ? { noun, project } : undefined
  } catch {
    return undefined // an option that doesn't exist: the usage line says which do
  }
}
