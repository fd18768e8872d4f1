import { z } from 'zod'
import { DomainError, type ErrorFacts } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { kindOf } from '../files/languages.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { Models } from '../llm/models.ts'
import { prompt } from '../llm/prompts.ts'
import type { CheckResult, Finding } from '../projects/check.ts'
import { contractLines } from '../projects/contract.ts'
import type { Project, Task } from '../projects/tables.ts'
import { type ProjectFile, readFileText } from '../workspace/files.ts'
import { advised } from './advice.ts'
import { askUntilGood, bytesHeard } from './asking.ts'
import { digestOf } from './digest.ts'

const MOST_OUTPUT_TOKENS = 6_000
const MOST_FINDINGS = 30
/** Characters that a token is taken to have at least: code and markup have more. */
const CHARACTERS_A_TOKEN = 2.5
/** The share of a model's window that the files may fill; the plan, the role and the answer have the rest. */
const SHARE = 0.6
/** More than this is read badly, whatever the window. */
const MOST_CHARACTERS = 400_000

const Findings = z.object({
  findings: z.preprocess(
    (given) => given ?? [],
    z
      .array(
        z.object({
          path: z.string().min(1).max(1_024),
          problem: z.string().min(1).max(1_000),
          fix: z.preprocess((given) => given ?? '', z.string().max(1_000)),
        }),
      )
      .max(MOST_FINDINGS),
  ),
})

export interface Read {
  findings: Finding[]
  reading: CheckResult['reading']
}

interface Subject {
  project: Project
  planned: Task[]
  files: ProjectFile[]
  problems: CheckResult['problems']
}

/** A model reads the whole project once. It is advice: whatever keeps it from that is said, and fails nothing. The demo is no AI, and does not read. */
export async function readProject(
  deps: { models: Models; blobs: Blobs },
  subject: Subject,
  ctx: JobContext<unknown>,
): Promise<Read> {
  const asked = await advised(async () => ask(deps, subject, ctx), ctx.signal)
  if ('error' in asked) return { findings: [], reading: notRead(asked.error) }
  return asked.value
}

async function ask(deps: { models: Models; blobs: Blobs }, subject: Subject, ctx: JobContext<unknown>): Promise<Read> {
  const { project, planned, files, problems } = subject
  const { provider, model } = deps.models.chain('check', project.model)[0]!
  if (provider.demo) return { findings: [], reading: { state: 'none' } }
  await ctx.phase('reading')
  const shown = digestOf(await textsOf(deps, files, problems), roomIn(deps.models, provider.name, model))
  const tasks = planned.map((task) => ({ ...task, promises: contractLines(task.contract) }))
  const known = new Set([...files.map(({ path }) => path), ...planned.map(({ path }) => path!.normalize('NFC'))])
  const { value, usage, ...by } = await askUntilGood(
    deps,
    project,
    {
      task: { kind: 'check', brief: project.brief },
      schema: { name: 'findings', zod: Findings },
      system: prompt('checker'),
      question: prompt('checker-project', { ...project, tasks, problems, files: shown }),
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      problems: () => [],
      hear: bytesHeard(ctx),
      giveUp: unreadable,
    },
    ctx,
  )
  const whole = shown.filter(({ left }) => left === 0).length
  const findings = value.findings
    .map(({ path, ...said }) => ({ path: path.replace(/^(\.?\/)+/, ''), ...said }))
    .filter(({ path }) => known.has(path))
  return {
    findings,
    reading: { state: 'read', provider: by.provider, model: by.model, whole, files: shown.length, usage },
  }
}

/** The project's text files, those that can be read. */
async function textsOf(deps: { blobs: Blobs }, files: ProjectFile[], problems: CheckResult['problems']) {
  const lost = new Set(problems.filter(({ unreadable }) => unreadable).map(({ path }) => path))
  const texts = files.filter(({ path }) => (kindOf(path) === 'text' || path.endsWith('.svg')) && !lost.has(path))
  return Promise.all(texts.map(async (file) => ({ path: file.path, text: await readFileText(deps, file) })))
}

/** How much of the files a model has room for, in characters. */
function roomIn(models: Models, provider: string, model: string): number {
  const { context } = models.facts(provider, model)
  return Math.min(MOST_CHARACTERS, context * SHARE * CHARACTERS_A_TOKEN)
}

/** @throws DomainError `model_answer_invalid` */
function unreadable(problems: string[]): never {
  throw new DomainError(
    'model_answer_invalid',
    `The model’s findings can’t be used: ${problems[0]} Another model may help.`,
    {
      retryable: true,
      context: { issues: problems.slice(0, 20) },
    },
  )
}

function notRead({ code, message }: ErrorFacts): CheckResult['reading'] {
  return { state: 'failed', code, problem: message }
}
