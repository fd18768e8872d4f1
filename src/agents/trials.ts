import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import type { ScanPolicy } from '../files/scan/policy.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { Problem, Trial } from '../projects/check.ts'
import { cleanOutput } from '../sandbox/console.ts'
import type { Outcome } from '../sandbox/outcome.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Offer } from '../workspace/execution/commands.ts'
import { executionsOf } from '../workspace/execution/executions.ts'
import { objections } from '../workspace/execution/look.ts'
import { workingCopy } from '../workspace/execution/working-copy.ts'
import { blamed, excerptOf, missing } from './trial-rules.ts'

/** Commands that a check runs, and the longest that one may take, ms. */
const MOST_TRIALS = 4
const TRIAL_MS = 60_000
/** Characters of output that stay with a check. */
const KEPT = 4_000

export interface TrialsDeps {
  db: { read: Reader }
  blobs: Blobs
  sandbox: Sandbox
}

/** Builds, tests and checks what was generated, in the sandbox, as far as the project says how. */
export async function tryOut(
  deps: TrialsDeps,
  { project, policy }: { project: string; policy: ScanPolicy },
  ctx: Pick<JobContext<unknown>, 'signal'>,
): Promise<Trial[]> {
  const { sandbox, offers } = await executionsOf({ ...deps, read: deps.db.read }, project)
  const wanted = offers.filter(({ purpose }) => purpose !== 'run').slice(0, MOST_TRIALS)
  if ('refused' in sandbox) return wanted.map((offer) => notRun(offer, sandbox.refused))
  const able = wanted.filter(({ needs }) => needs.length === 0)
  const copy = able.length > 0 ? await copyOf(deps, project) : []
  const [objection] = 'said' in copy ? [] : await objections(copy, policy, ctx.signal)
  if (objection) return wanted.map((offer) => notRun(offer, `nobody has said yes to what is in ${objection}`))
  const trials: Trial[] = []
  for (const offer of wanted)
    trials.push(
      'said' in copy
        ? notRun(offer, copy.said)
        : offer.needs.length > 0
          ? notRun(
              offer,
              `it needs packages (${named(offer.needs)}), which can’t be fetched: the sandbox has no network`,
            )
          : await tryOne(deps, offer, copy, ctx.signal),
    )
  return trials
}

/** What is wrong with which file by these trials: only what a file of the project is to blame for. */
export function problemsOf(trials: readonly Trial[]): Problem[] {
  return trials.flatMap(({ state, path, command, says, excerpt }) =>
    state === 'failed' && path ? [{ path, message: `fails “${command}” (${says}):\n${excerpt}` }] : [],
  )
}

type Files = Awaited<ReturnType<typeof workingCopy>>['files']

async function copyOf(deps: TrialsDeps, project: string): Promise<Files | { said: string }> {
  try {
    return (await workingCopy({ ...deps, read: deps.db.read }, project)).files
  } catch (error) {
    if (error instanceof DomainError) return { said: error.message } // the check of the files says more
    throw error
  }
}

async function tryOne({ sandbox }: TrialsDeps, offer: Offer, files: Files, signal: AbortSignal): Promise<Trial> {
  signal.throwIfAborted()
  const command = ['sh', '-c', offer.command]
  const outcome = await sandbox.run({ files, command, limits: { wallMs: TRIAL_MS }, signal })
  signal.throwIfAborted()
  return judged(
    offer,
    outcome,
    files.map(({ path }) => path),
  )
}

function judged(offer: Offer, { end, tail, durationMs }: Outcome, paths: string[]): Trial {
  const output = cleanOutput(tail)
  const about = { command: offer.command, purpose: offer.purpose, durationMs, tail: output.slice(-KEPT), excerpt: '' }
  if (end.why !== 'exit') return { ...about, state: 'stopped', says: end.said }
  const lacks = missing(output, end.code, paths)
  if (lacks) return { ...about, state: 'skipped', says: lacks }
  if (end.code === 0) return { ...about, state: 'passed', says: 'it ended well' }
  const path = blamed(output, paths)
  const found = { ...about, state: 'failed', says: `exit code ${end.code}`, excerpt: excerptOf(output, path) } as const
  return path ? { ...found, path } : found
}

function notRun({ command, purpose }: Offer, says: string): Trial {
  return { command, purpose, state: 'skipped', says, durationMs: 0, tail: '', excerpt: '' }
}

function named(needs: string[]): string {
  return needs.length > 3 ? `${needs.slice(0, 3).join(', ')}, …` : needs.join(', ')
}
