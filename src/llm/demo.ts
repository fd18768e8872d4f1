import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { type Chunk, isFileTask, type ModelRequest, type Provider, type TaskFacts } from './provider.ts'
import { wholeLines } from './stitch.ts'

const CHUNK_BYTES = [64, 96, 160, 80, 128] // as uneven as a model's own
const SHORTEST_SLEEP_MS = 4 // timers are no finer: shorter waits are made up for by a later one

/** What a person reads wherever the demo's work shows. */
export const DEMO_LABEL = 'Demo model - set an API key or start Ollama for real work'

const CANNOT_TALK =
  'The demo model is no AI, so it can neither talk about the project nor change it: set ANTHROPIC_API_KEY or start Ollama, then ask again.'

/** Writes a project from nothing but its brief: the same brief, the same project. */
export type MakeProject = (
  brief: string,
  options?: { clips?: boolean },
) => { plan: DemoAnswers; file(path: string): string | undefined }

/** A whole plan, of which each pass of a planner is answered with its part. */
interface DemoAnswers {
  title: string
  summary: string
  tasks: readonly object[]
}

export interface DemoSettings {
  project: MakeProject
  bytesPerSecond: number
  clock: Pick<Clock, 'awake' | 'sleep'>
}

/** The built-in stand-in for a model: offline, deterministic, no AI, at the pace of a real one. */
export function demoProvider(settings: DemoSettings): Provider {
  return {
    name: 'demo',
    label: DEMO_LABEL,
    demo: true,
    defaultModel: 'demo',
    models: ['demo'],
    takes: (model) => model === 'demo',
    stream: (request, signal) => stream(settings, request, signal),
  }
}

async function* stream(
  { project, bytesPerSecond, clock }: DemoSettings,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  signal.throwIfAborted()
  const inputTokens = tokens(JSON.stringify(request.messages))
  yield { type: 'usage', inputTokens, outputTokens: 0, cachedTokens: 0 }

  const answer = answerTo(project, request.task)
  const started = clock.awake()
  let sent = 0
  for (const text of chunks(answer)) {
    sent += Buffer.byteLength(text)
    const early = started + (sent / bytesPerSecond) * 1000 - clock.awake()
    if (early >= SHORTEST_SLEEP_MS) await clock.sleep(early, signal)
    signal.throwIfAborted()
    yield { type: 'text', text }
  }
  yield { type: 'usage', inputTokens, outputTokens: tokens(answer), cachedTokens: 0 }
  yield { type: 'finish', reason: 'stop' }
}

function answerTo(project: MakeProject, task: TaskFacts): string {
  if (task.kind === 'chat') return CANNOT_TALK
  const made = project(task.brief, { clips: 'clips' in task && task.clips === true })
  if (task.kind === 'plan') return JSON.stringify(passOf(made.plan, task.stage), null, 1)
  if (!isFileTask(task)) throw cannotAnswer()
  const file = made.file(task.path)
  if (file === undefined) throw notInPlan(task.path)
  const whole = file === '' || file.endsWith('\n') ? file : `${file}\n`
  const answer = task.edits ? editOf(task.edits.before, whole) : whole
  return `${rest(answer, task.textSoFar)}${task.sentinel}\n`
}

/** Templates have nothing to look over: the critique finds nothing. */
function passOf(plan: DemoAnswers, stage: string | undefined): object {
  const { title, summary, tasks } = plan
  if (stage === 'outline') return { title, summary, parts: tasks.flatMap(partOf) }
  if (stage === 'critique') return { changes: [] }
  return stage === 'tasks' ? { tasks } : plan
}

function partOf(task: { id?: string; kind?: string; title?: string }): object[] {
  return task.kind === 'note' ? [{ id: task.id, title: task.title, holds: '' }] : []
}

/** One block that makes a file the template; nothing where it is that already. */
function editOf(before: string, whole: string): string {
  if (before === whole) return ''
  return `<<<<<<<<<<<< SEARCH\n${before.replace(/^\uFEFF|\r?\n$/g, '')}\n============\n${whole}>>>>>>>>>>>> REPLACE\n`
}

/** From the last line of what there is, as a model is asked to; all of it when that text is another's. */
function rest(file: string, textSoFar = ''): string {
  if (textSoFar === '' || !file.startsWith(textSoFar)) return file
  return file.slice(textSoFar.length - `${wholeLines(textSoFar).at(-1)}\n`.length)
}

function* chunks(text: string): Generator<string> {
  const bytes = Buffer.from(text)
  const decoder = new TextDecoder() // a character that a cut would split goes to the next chunk
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + CHUNK_BYTES[i % CHUNK_BYTES.length]!
    yield decoder.decode(bytes.subarray(at, end), { stream: true })
    at = end
  }
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4)
}

function cannotAnswer(): DomainError {
  return new DomainError(
    'demo_cannot_write',
    'The demo model is no AI: it can only make the projects that it knows. Set up a model for real work: see “Models” in README.md.',
  )
}

function notInPlan(path: string): DomainError {
  return new DomainError(
    'demo_cannot_write',
    `The demo model can only write the files of its own plan, and ${path} is not one. Set up a model for real work: see “Models” in README.md.`,
    { context: { path } },
  )
}
