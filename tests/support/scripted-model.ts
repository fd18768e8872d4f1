import { type VendorFailure, vendorError } from '../../src/llm/failures.ts'
import { type Chunk, isFileTask, type ModelRequest, type Provider } from '../../src/llm/provider.ts'

/**
 * What a scripted model does: says all of a text and finishes, or breaks off after it, or says nothing more until it is
 * stopped, or fails at once as a vendor does, or calls tools: names and arguments, which are text where they are to be broken.
 */
export type Answer =
  | string
  | { cut: string }
  | { stall: string }
  | { fails: VendorFailure }
  | { calls: [name: string, input: object | string][]; says?: string }

export interface Script {
  /** The nth question of a kind gets the nth answer, later ones the last. `plan` answers the pass that plans the tasks. */
  plan?: Answer[]
  /** A small outline, when not said. */
  outline?: Answer[]
  /** Nothing to change, when not said. */
  critique?: Answer[]
  check?: Answer[]
  /** What turns a wish into edits of the plan. */
  edit?: Answer[]
  chat?: Answer[]
  summarise?: Answer[]
  files?: Record<string, Answer[]>
}

export interface ScriptedModel extends Provider {
  asked: ModelRequest[]
  /** Answers that are being given at this moment. */
  readonly busy: number
}

/** A model that answers from a script, through the interface that all models have. */
export function scriptedModel({ files = {}, demo = true, ...script }: Script & { demo?: boolean }): ScriptedModel {
  const asked: ModelRequest[] = []
  let busy = 0
  const answerTo = ({ task }: ModelRequest): Answer => {
    const answers = isFileTask(task) ? files[task.path] : { ...USUAL, ...script }[subject({ task })]
    if (!answers?.length) return 'Nothing.\n'
    const before = asked.filter((one) => subject(one) === subject({ task })).length - 1
    return answers[Math.min(before, answers.length - 1)]!
  }
  return {
    name: 'scripted',
    label: 'Scripted',
    demo,
    defaultModel: 'scripted',
    models: ['scripted'],
    takes: (model) => model === 'scripted',
    asked,
    get busy() {
      return busy
    },
    async *stream(request, signal) {
      asked.push(request)
      busy++
      try {
        yield* say(answerTo(request), request, signal)
      } finally {
        busy--
      }
    },
  }
}

const OUTLINE = JSON.stringify({ title: 'A small thing', summary: 'It is small.', parts: [] })
const USUAL: Record<string, Answer[]> = {
  outline: [OUTLINE],
  critique: ['{"changes": []}'],
  check: ['{"findings": []}'],
}

/** A model for each project of a test, told apart by the brief. */
export function modelPerBrief(models: Map<string, ScriptedModel>): Provider {
  const stream: Provider['stream'] = (request, signal) => models.get(request.task.brief)!.stream(request, signal)
  return { ...scriptedModel({}), stream }
}

async function* say(answer: Answer, { model, task }: ModelRequest, signal: AbortSignal): AsyncGenerator<Chunk> {
  if (typeof answer === 'object' && 'fails' in answer)
    throw vendorError({ vendor: 'Scripted', model, secret: '' }, answer.fails)
  if (typeof answer === 'string') {
    yield { type: 'text', text: answer }
    if (isFileTask(task)) yield { type: 'text', text: `${task.sentinel}\n` }
    return yield { type: 'finish', reason: 'stop' }
  }
  if ('calls' in answer) {
    if (answer.says) yield { type: 'text', text: answer.says }
    for (const [i, [name, input]] of answer.calls.entries())
      yield {
        type: 'call',
        call: { id: `call_${i}`, name, input: typeof input === 'string' ? input : JSON.stringify(input) },
      }
    return yield { type: 'finish', reason: 'tools' }
  }
  yield { type: 'text', text: 'cut' in answer ? answer.cut : answer.stall }
  if ('cut' in answer) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  signal.throwIfAborted()
}

/** What a question is about: a file, or a pass of the planner (`plan` is the one that plans the tasks), or the check. */
export function subject({ task }: Pick<ModelRequest, 'task'>): string {
  if (isFileTask(task)) return task.path
  return task.kind === 'plan' && task.stage !== undefined && task.stage !== 'tasks' ? task.stage : task.kind
}

interface Planned {
  id: string
  [name: string]: unknown
}

/** A plan of these tasks, as a model writes it; each says only what matters. */
export function planOf(tasks: Planned[]): string {
  const usual = { parent: null, kind: 'write', path: null, prompt: 'p', width: null, height: null, dependsOn: [] }
  const rows = tasks.map((task) => ({ title: task.id, ...usual, ...task }))
  return JSON.stringify({ title: 'A small thing', summary: 'It is small.', tasks: rows })
}

/** A plan of one file. */
export const ONE_FILE = planOf([{ id: 'note', path: 'note.md' }])
/** A plan of one picture, as small as they get. */
export const ONE_PICTURE = planOf([
  { id: 'dot', kind: 'render', path: 'images/dot.png', prompt: 'a lighthouse', width: 64, height: 64 },
])

/** What an operation on a plan says of all that it leaves alone. */
export const NO_WISH = {
  kind: null,
  title: null,
  path: null,
  prompt: null,
  dependsOn: null,
  parent: null,
  before: null,
  due: null,
}
