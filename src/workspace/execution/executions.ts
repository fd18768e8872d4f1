import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import { Invalid } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import { RUN } from '../../projects/asides.ts'
import type { RunInput, RunResult } from '../../projects/execution.ts'
import { projectById } from '../../projects/projects.ts'
import type { Found } from '../../sandbox/probe.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { type ProjectFile, readFileText } from '../files.ts'
import { files } from '../tables.ts'
import { type Offer, offersOf } from './commands.ts'
import type { RunDeps } from './work.ts'

/** Longest line of shell, in characters. */
export const MOST_COMMAND = 4_000
/** How long a command may take, seconds. */
export const SECONDS = { usual: 120, most: 3_600 }
/** The last runs that a page shows. */
const SHOWN = 5
/** Files that are looked at for what they offer. */
const MOST_TELLING = 500
const MOST_PACKAGE = 1_000_000

/**
 * Asks for a command to be run in the sandbox, on a copy of the project's files.
 * @throws Invalid `bad_command`; NotFound `unknown_project`; DomainError `no_sandbox`
 */
export async function startExecution(deps: RunDeps, project: string, wanted: RunInput, by: string): Promise<Job> {
  await projectById(deps.db.read, project)
  const command = wanted.command.trim()
  if (!command || command.length > MOST_COMMAND || command.includes('\0'))
    throw new Invalid('bad_command', `A command is a line of shell of at most ${MOST_COMMAND} characters.`, {
      context: { field: 'command' },
    })
  const input: RunInput = { ...wanted, command }
  return deps.db.write((tx) => enqueue(deps, tx, { kind: RUN, input, scope: project, by, about: { title: command } }))
}

export interface Execution {
  job: string
  command: string
  state: Job['state']
  result: RunResult | null
  at: number
}

/** What can be run in a project, where, and what was run last. */
export interface Executions {
  sandbox: Found
  offers: Offer[]
  last: Execution[]
}

export async function executionsOf(
  deps: { read: Reader; blobs: Blobs; sandbox: Sandbox },
  project: string,
): Promise<Executions> {
  const telling = await tellingFiles(deps.read, project)
  const pack = telling.find(({ path, bytes }) => path === 'package.json' && bytes < MOST_PACKAGE)
  const texts = new Map(pack ? [[pack.path, await readFileText(deps, pack)]] : [])
  return {
    sandbox: await deps.sandbox.available(),
    offers: offersOf(
      telling.map(({ path }) => path),
      texts,
    ),
    last: await lastOf(deps.read, project),
  }
}

/** The files whose names say what can be run: of a large project few, since its page asks again and again. */
function tellingFiles(read: Reader, project: string): Promise<Pick<ProjectFile, 'path' | 'hash' | 'bytes'>[]> {
  const { path, hash, bytes } = files
  const isTelling = sql`(${path} NOT GLOB '*/*' OR ${path} GLOB 'src/*' OR ${path} GLOB '*[._]test.*' OR ${path} GLOB '*[._]spec.*' OR ${path} GLOB '*test_*.py' OR ${path} GLOB '*_test.go')`
  return read
    .select({ path, hash, bytes })
    .from(files)
    .where(and(eq(files.project, project), eq(files.deleted, false), isTelling))
    .orderBy(asc(path))
    .limit(MOST_TELLING)
}

async function lastOf(read: Reader, project: string): Promise<Execution[]> {
  const ofProject = and(eq(jobs.scope, project), eq(jobs.kind, RUN))
  const rows = await read.select().from(jobs).where(ofProject).orderBy(desc(jobs.createdAt), desc(jobs.id)).limit(SHOWN)
  return rows.map(({ id, input, state, result, createdAt }) => ({
    job: id,
    command: (input as RunInput).command,
    state,
    result: state === 'succeeded' ? (result as RunResult) : null,
    at: createdAt,
  }))
}
