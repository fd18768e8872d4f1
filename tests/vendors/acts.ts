import { z } from 'zod'
import { askForTasks } from '../../src/agents/passes.ts'
import type { AgentDeps } from '../../src/agents/planner.ts'
import { tellAsking } from '../../src/agents/tell-asking.ts'
import { DomainError } from '../../src/errors.ts'
import type { Blobs } from '../../src/files/blobs.ts'
import { EMPTY_DRAFT, type JobContext } from '../../src/jobs/handler.ts'
import type { Choice } from '../../src/llm/models.ts'
import { toolLoop } from '../../src/llm/tool-loop.ts'
import { writeFile } from '../../src/llm/write-file.ts'
import type { Project } from '../../src/projects/tables.ts'
import { planOf } from '../support/scripted-model.ts'
import { attempted, type Stage, wordsOf } from './stack.ts'
import type { WireRequest } from './wire.ts'

/** The file that is asked for, every line of it different. */
export const FILE = Array.from({ length: 8 }, (_, i) => `export const größe${i} = '${i} 世界 👋'\n`).join('')

const task = (id: string, dependsOn: string[]) => ({ id, path: `${id}.md`, dependsOn })
export const GOOD_PLAN = planOf([task('a', []), task('b', ['a'])])
export const PLAN_WITH_CYCLE = planOf([task('a', ['b']), task('b', ['a'])])

/**
 * What came of it, as the table says it: `read` without further ado; what was done about it otherwise; or the code of the
 * error that ended it.
 */
export interface Came {
  of: string
  /** What was done on the way, as the table says it. */
  told: string[]
  /** The events of models that were told on the way. */
  events: Event[]
  error?: DomainError
}

export interface Event {
  type: string
  [name: string]: unknown
}

export interface FileCame extends Came {
  /** What a reader of the page has seen of the file. */
  shown: string
}

/** Has the file written, in so many attempts as a job would make: each goes on from what there is. */
export async function writeIt(stage: Stage, blobs: Blobs, chain: Choice[], attempts: number): Promise<FileCame> {
  const { ctx, told, events } = recording({ continued: 'continued' })
  let shown = ''
  const hooks = {
    ...tellAsking(ctx),
    onText: (delta: string) => {
      shown += delta
    },
    onRestart: (text: string) => {
      shown = text
    },
  }
  for (let left = attempts; ; ) {
    const ask = {
      system: 'You write files.',
      messages: [{ role: 'user' as const, content: 'Write it.' }],
      maxOutputTokens: 1000,
      task: { kind: 'write' as const, brief: 'x', path: 'main.js' },
      draft: shown,
    }
    const { signal } = new AbortController()
    const came = await attempted(writeFile({ chain, newId: stage.clock.newId }, ask, hooks, signal))
    if (!(came instanceof DomainError)) {
      await blobs.put(came.text)
      return { of: told.at(-1) ?? 'read', told, events, shown }
    }
    if (--left === 0 || !came.retryable) return { of: came.code, told, events, error: came, shown }
    told.push('next attempt')
  }
}

/** A job that writes down what it tells; `continued` is what the table calls that a model goes on. */
function recording({ continued }: { continued: string }) {
  const told: string[] = []
  const events: Event[] = []
  const words: Record<string, string> = {
    'model.retrying': 'asked again',
    'model.continued': continued,
    'model.switched': 'another model',
  }
  const ctx = {
    job: { id: 'j', attempt: 1 },
    draft: EMPTY_DRAFT,
    signal: new AbortController().signal,
    using: async () => {},
    async phase(name: string) {
      if (name === 'mending') told.push('told why')
    },
    async tell(type: string, data: Record<string, unknown>) {
      told.push(words[type]!)
      events.push({ ...data, type })
    },
    delta() {},
    replaceText() {},
    remember() {},
  }
  return { ctx: ctx as unknown as JobContext<unknown>, told, events }
}

/** The answer of a model that does as it is asked: the file with its end line, or the rest of it from the line that is named. */
export function fileAnswer(request: WireRequest): string {
  const asked = wordsOf(request)
  const sentinel = asked.match(/<<<END hearth:[\w-]+>>>/g)?.at(-1)
  const last = [...asked.matchAll(/^(\d+)\| /gm)].at(-1)
  const lines = FILE.split('\n').slice(0, -1)
  return `${lines.slice(last ? Number(last[1]) - 1 : 0).join('\n')}\n${sentinel}\n`
}

/** Has a plan made by the planner: what is wrong with it is shown to the model, which may mend it. */
export async function planIt(chain: Choice[]): Promise<Came> {
  const { ctx, told, events } = recording({ continued: 'continued' })
  const deps = { models: { chain: () => chain } } as unknown as AgentDeps
  const project = { id: 'p', brief: 'x', model: 'm', createdBy: 'person:ann' } as Project
  const came = await attempted(
    askForTasks(deps, { project, clips: false }, { title: 'A', summary: 'B', parts: [] }, ctx),
  )
  if (came instanceof DomainError) return { of: came.code, told, events, error: came }
  return { of: told.at(-1) ?? 'read', told, events }
}

const READ_FILE = { name: 'read_file', description: 'Reads a file.', zod: z.object({ path: z.string() }) }

/** Lets the model answer with one tool. */
export async function useTools(chain: Choice[]): Promise<Came & { ran: number }> {
  const { ctx, told, events } = recording({ continued: 'asked again' })
  let ran = 0
  const ask = {
    system: 'You help.',
    messages: [{ role: 'user' as const, content: 'What is in a.md?' }],
    maxOutputTokens: 1000,
    task: { kind: 'chat' as const, brief: 'x' },
    tools: [READ_FILE],
  }
  const hooks = {
    ...tellAsking(ctx),
    onText: () => {},
    onRestart: () => {},
    async run() {
      ran++
      return { content: 'Hello.' }
    },
    async onResult({ failed }: { failed?: boolean }) {
      if (failed) told.push('told why')
    },
  }
  const came = await attempted(toolLoop({ chain }, ask, hooks, new AbortController().signal))
  if (came instanceof DomainError) return { of: came.code, told, events, error: came, ran }
  return { of: came.ended === 'answered' ? (told.at(-1) ?? 'read') : came.ended, told, events, ran }
}
