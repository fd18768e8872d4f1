import type { Clock } from '../../clock.ts'
import { DomainError } from '../../errors.ts'
import type { BlobRef, Blobs } from '../../files/blobs.ts'
import { type Done, type Handler, Hold, type JobContext } from '../../jobs/handler.ts'
import { jobWithAttempts } from '../../jobs/jobs.ts'
import { refOf } from '../../jobs/settle.ts'
import { RUN } from '../../projects/asides.ts'
import type { RunInput, RunResult } from '../../projects/execution.ts'
import { policyOf } from '../../projects/scan-policy.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import { cleanOutput } from '../../sandbox/console.ts'
import type { Back, Outcome } from '../../sandbox/outcome.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { FILE } from '../file-entity.ts'
import { keepContent } from '../files.ts'
import { objections, refusedIn } from './look.ts'
import { openSpeaker } from './speaker.ts'
import { type WorkingCopy, workingCopy } from './working-copy.ts'

/** Characters of output that stay with the job. */
const KEPT = 64_000
/** Findings that a question names. */
const MOST_SHOWN = 8
/** Characters of a reason in a history. */
const MOST_REASON = 200
/** How an attempt ended that nobody has looked at: the job goes on by itself after it. */
const UNSEEN = new Set(['lost', 'retried', 'snoozed'])

export interface RunDeps extends TasksDeps {
  blobs: Blobs
  sandbox: Sandbox
  clock: Clock
}

/** The job that runs a command in the sandbox, for a person. */
export function runHandler(deps: RunDeps): Handler<RunInput> {
  return { kind: RUN, lane: RUN, run: (ctx) => execute(deps, ctx) }
}

async function execute(deps: RunDeps, ctx: JobContext<RunInput>): Promise<Done> {
  await mustNotRepeat(deps, ctx)
  ctx.replaceText('')
  await ctx.phase('gathering')
  const copy = await workingCopy({ ...deps, read: deps.db.read }, ctx.job.scope!)
  await mustBeWanted(deps, ctx, copy)
  await ctx.step(startOf(ctx.job.attempt), async () => true)
  await ctx.phase('running')
  const { outcome, output } = await runAloud(deps, ctx, copy)
  ctx.signal.throwIfAborted()
  if (outcome.end.why === 'broken')
    throw new DomainError('run_failed', `The command could not be run: ${outcome.end.said}.`)
  const { back } = outcome
  const taken = back && !('refused' in back) ? back : undefined
  const refused = await refusedIn(taken?.changed ?? new Map(), copy.files, await policyOf(deps.db.read, ctx.job.scope!))
  for (const path of refused.keys()) taken?.changed.delete(path)
  const blobs = await blobsOf(deps, ctx.job.scope!, taken)
  const result: RunResult = {
    end: outcome.end,
    durationMs: outcome.durationMs,
    output: output.slice(-KEPT),
    outputBytes: outcome.outputBytes,
    files: [...blobs.keys()].toSorted(),
    gone: taken?.gone ?? [],
    left: [...(taken?.left ?? []), ...[...refused].map(([path, why]) => ({ path, why }))].map(({ path, why }) => ({
      path: cleanOutput(path),
      why,
    })),
    refused: back && 'refused' in back ? back.refused : null,
  }
  return { result, effects: (tx) => keepFiles(deps, tx, ctx, copy, blobs) }
}

/** What a command does can't be done twice without asking: after a crash of the server a person decides. */
async function mustNotRepeat({ db }: RunDeps, { job }: JobContext<RunInput>): Promise<void> {
  const { attempts, checkpoints } = await jobWithAttempts(db.read, job.id)
  const last = attempts.find(({ attempt }) => attempt === job.attempt - 1)
  if (!last || !UNSEEN.has(last.outcome ?? '')) return
  if (!checkpoints.some(({ name }) => name === startOf(last.attempt))) return
  throw new Hold(
    new DomainError(
      'run_interrupted',
      'The server stopped while the command ran. It is not run twice by itself: try it again, or leave it.',
    ),
  )
}

/** What a project's policy asks about is run once somebody has seen the question and tried again. */
async function mustBeWanted({ db }: RunDeps, ctx: JobContext<RunInput>, { files }: WorkingCopy): Promise<void> {
  const said = await objections(files, await policyOf(db.read, ctx.job.scope!), ctx.signal)
  if (said.length === 0) return
  const asked = await ctx.step('asked', async () => ctx.job.attempt)
  const { attempts } = await jobWithAttempts(db.read, ctx.job.id)
  if (attempts.some(({ attempt, outcome }) => attempt >= asked && outcome === 'held')) return
  const more = said.length > 1 ? `, and ${said.length - 1} more` : ''
  throw new Hold(
    new DomainError(
      'danger_in_files',
      `Look at this before you run it: ${said[0]}${more}. “Try again” runs it all the same, in the sandbox.`,
      { context: { findings: said.slice(0, MOST_SHOWN) } },
    ),
  )
}

function startOf(attempt: number): string {
  return `started ${attempt}`
}

async function runAloud(
  { sandbox, clock }: RunDeps,
  ctx: JobContext<RunInput>,
  { files }: WorkingCopy,
): Promise<{ outcome: Outcome; output: string }> {
  const { command, keeps, seconds } = ctx.input
  const speaker = openSpeaker(ctx, clock)
  const outcome = await sandbox.run({
    files,
    command: ['sh', '-c', command],
    limits: { wallMs: seconds * 1_000, cpuSeconds: seconds * 4 },
    signal: ctx.signal,
    onOutput: speaker.hear,
    takesBack: keeps,
  })
  speaker.end()
  return { outcome, output: cleanOutput(outcome.tail) }
}

/** Puts new content where it is safe, before the change that names it. */
async function blobsOf(deps: RunDeps, project: string, back: Back | undefined): Promise<Map<string, BlobRef>> {
  const kept = new Map<string, BlobRef>()
  for (const [path, content] of back?.changed ?? [])
    kept.set(path, await keepContent({ ...deps, read: deps.db.read }, project, path, content))
  return kept
}

/** All of them in one change: what others have changed meanwhile is merged, or stands in the way of all. */
async function keepFiles(
  { changes }: RunDeps,
  tx: Parameters<NonNullable<Done['effects']>>[0],
  { job, input }: JobContext<RunInput>,
  { rows }: WorkingCopy,
  blobs: ReadonlyMap<string, BlobRef>,
): Promise<void> {
  if (blobs.size === 0) return
  const versions = new Map(rows.map(({ path, version }) => [path, version]))
  const edits = [...blobs].map(([path, { hash, bytes }]) => {
    return { do: 'put', entity: FILE, id: path, state: { hash, bytes }, baseVersion: versions.get(path) ?? 0 } as const
  })
  const reason = `Ran ${input.command}`.slice(0, MOST_REASON)
  await changes.apply(tx, { scope: job.scope!, by: `job:${job.id}`, job: refOf(job), reason, edits })
}
