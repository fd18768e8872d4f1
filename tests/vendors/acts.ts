import { readdirSync } from 'node:fs'
import { z } from 'zod'
import { planProblems, refusePlan, Tasks } from '../../src/agents/plan.ts'
import { DomainError } from '../../src/errors.ts'
import type { Blobs } from '../../src/files/blobs.ts'
import { askJson } from '../../src/llm/ask-json.ts'
import type { Choice } from '../../src/llm/models.ts'
import type { Message } from '../../src/llm/provider.ts'
import type { Retrying } from '../../src/llm/through-chain.ts'
import { toolLoop } from '../../src/llm/tool-loop.ts'
import { writeFile } from '../../src/llm/write-file.ts'
import { planOf } from '../support/scripted-model.ts'
import { attempted, type Stage, wordsOf } from './stack.ts'
import type { WireRequest } from './wire.ts'

/** The file that is asked for, every line of it different. */
export const FILE = Array.from({ length: 8 }, (_, i) => `export const größe${i} = '${i} 世界 👋'\n`).join('')

const task = (id: string, dependsOn: string[]) => ({ id, path: `${id}.md`, dependsOn })
export const GOOD_PLAN = planOf([task('a', []), task('b', ['a'])])
export const PLAN_WITH_CYCLE = planOf([task('a', ['b']), task('b', ['a'])])

/** Times that a planner shows a model what is wrong. */
const REPAIRS = 2

/**
 * What came of it, as the table says it: `read` without further ado; what was done about it otherwise; or the code of the
 * error that ended it.
 */
export interface Came {
  of: string
  /** What was told on the way, by code or reason. */
  told: string[]
  error?: DomainError
}

export interface FileCame extends Came {
  /** What a reader of the page has seen of the file. */
  shown: string
  /** How long it was waited before each time that the model was asked again, in ms. */
  waits: number[]
}

/** Has the file written, in so many attempts as a job would make: each goes on from what there is. */
export async function writeIt(stage: Stage, blobs: Blobs, chain: Choice[], attempts: number): Promise<FileCame> {
  const told: string[] = []
  const waits: number[] = []
  let shown = ''
  const hooks = {
    onText: (delta: string) => {
      shown += delta
    },
    onRestart: (text: string) => {
      shown = text
    },
    onRetry({ delayMs }: Retrying) {
      told.push('asked again')
      waits.push(delayMs)
    },
    onContinue: () => void told.push('continued'),
    onSwitch: () => void told.push('another model'),
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
      return { of: told.at(-1) ?? 'read', told, shown, waits }
    }
    if (--left === 0 || !came.retryable) return { of: came.code, told, error: came, shown, waits }
    told.push('next attempt')
  }
}

/** The files in the folder of a store. */
export function storedIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

/** The answer of a model that does as it is asked: the file with its end line, or the rest of it from the line that is named. */
export function fileAnswer(request: WireRequest): string {
  const asked = wordsOf(request)
  const sentinel = asked.match(/<<<END hearth:[\w-]+>>>/g)?.at(-1)
  const last = [...asked.matchAll(/^(\d+)\| /gm)].at(-1)
  const lines = FILE.split('\n').slice(0, -1)
  return `${lines.slice(last ? Number(last[1]) - 1 : 0).join('\n')}\n${sentinel}\n`
}

/** Asks for a plan as a planner does: what is wrong with it is shown to the model, which may mend it. */
export async function planIt(chain: Choice[]): Promise<Came> {
  const told: string[] = []
  const messages: Message[] = [{ role: 'user', content: 'Plan it.' }]
  for (let repairs = 0; ; repairs++) {
    const ask = { system: 'You plan.', messages, maxOutputTokens: 1000, task: { kind: 'plan' as const, brief: 'x' } }
    const { signal } = new AbortController()
    const { value, text } = await askJson({ chain }, ask, { name: 'tasks', zod: Tasks }, {}, signal)
    const problems = planProblems(value.tasks)
    if (problems.length === 0) return { of: told.at(-1) ?? 'read', told }
    if (repairs === REPAIRS) {
      const error = await attempted(Promise.try(() => refusePlan(problems)))
      return { of: (error as DomainError).code, told, error }
    }
    told.push('told why')
    messages.push({ role: 'assistant', content: text }, { role: 'user', content: problems.join('\n') })
  }
}

const READ_FILE = { name: 'read_file', description: 'Reads a file.', zod: z.object({ path: z.string() }) }

/** Lets the model answer with one tool. */
export async function useTools(chain: Choice[]): Promise<Came & { ran: number }> {
  const told: string[] = []
  let ran = 0
  const ask = {
    system: 'You help.',
    messages: [{ role: 'user' as const, content: 'What is in a.md?' }],
    maxOutputTokens: 1000,
    task: { kind: 'chat' as const, brief: 'x' },
    tools: [READ_FILE],
  }
  const hooks = {
    onText: () => {},
    onRestart: () => {},
    onContinue: () => void told.push('asked again'),
    async run() {
      ran++
      return { content: 'Hello.' }
    },
    async onResult({ failed }: { failed?: boolean }) {
      if (failed) told.push('told why')
    },
  }
  const came = await attempted(toolLoop({ chain }, ask, hooks, new AbortController().signal))
  if (came instanceof DomainError) return { of: came.code, told, error: came, ran }
  return { of: came.ended === 'answered' ? (told.at(-1) ?? 'read') : came.ended, told, ran }
}
