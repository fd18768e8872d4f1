import { join } from 'node:path'
import { packed } from '../../assets-packed.ts'
import type { Refusal } from '../validate/postgres.ts'
import { workerReply } from '../worker-reply.ts'
import { type Grammar, loadEngine, loadGrammar, loadPostgres } from './grammars.ts'
import type { Mistake } from './mistakes.ts'
import type { ParseReply, ParseRequest } from './parser.ts'
import type { Symbols } from './symbol.ts'

/** What the Worker is given beyond the time of the parse itself: to start, to load a grammar, to answer; and to end. */
const GRACE_MS = 3_000
/** A Worker with nothing to do is let go: the grammars take some tens of megabytes. */
const IDLE_MS = 60_000
/** Workers that did not even end when told to: each burns a core until the process ends, so there must be few. */
const MOST_STUCK = 2

export interface Parsing extends Disposable {
  /** Undefined when the grammar failed, or took longer than `ms`: that file has no symbols, and nothing else suffers. */
  parse(grammarName: string, text: string, ms: number): Promise<Symbols | undefined>
  /** The places that a grammar can't read; undefined as above. */
  errors(grammarName: string, text: string, ms: number): Promise<Mistake[] | undefined>
  /** What PostgreSQL's parser refuses a text for, if it does; undefined as above. */
  postgres(text: string, ms: number): Promise<{ refusal: Refusal | undefined } | undefined>
}

export interface ParsingDeps {
  start?: () => Worker
  load?: (name: string) => Grammar
  graceMs?: number
}

/** Where the Worker's code is: in the single binary it is an entry point of its own, at its path in the repository. */
export const PARSER = packed
  ? join(import.meta.dir, 'src/files/symbols/parser.js')
  : new URL('./parser.ts', import.meta.url).href

/** What waits for an answer has a timer; a Worker that nobody waits for must not keep the process. */
const NO_HOLD: WorkerOptions = { ref: false }

/** Parses in a Worker of its own that is started when it is first needed, and again after it failed. */
export function openParsing({
  start = () => new Worker(PARSER, NO_HOLD),
  load = loadGrammar,
  graceMs = GRACE_MS,
}: ParsingDeps = {}): Parsing {
  let current: Running | undefined
  let idle: Timer | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let count = 0
  let stuck = 0

  const stop = async () => {
    const running = current
    current = undefined
    if (running && !(await ended(running, graceMs))) stuck++
  }
  const askNow = async (task: Task, grammarName: string, text: string, ms: number): Promise<ParseReply | undefined> => {
    if (stuck >= MOST_STUCK) return undefined
    clearTimeout(idle)
    current ??= started(start)
    const { worker, taught } = current
    const lesson = lessonFor(taught, task, grammarName, load)
    const reply = await workerReply<ParseRequest, ParseReply>(
      worker,
      { id: ++count, task, grammarName, text, ms, ...lesson },
      ms + graceMs,
    )
    if (!reply) await stop()
    idle = setTimeout(stop, IDLE_MS)
    idle.unref()
    return reply
  }
  const ask = (...args: [task: Task, grammarName: string, text: string, ms: number]) => {
    const result = turn.then(() => askNow(...args))
    turn = result.catch(() => {})
    return result
  }
  return {
    parse: async (...args) => (await ask('symbols', ...args))?.symbols,
    errors: async (...args) => (await ask('errors', ...args))?.errors,
    postgres: async (...args) => (await ask('postgres', POSTGRES, ...args))?.sql,
    [Symbol.dispose]: () => {
      clearTimeout(idle)
      current?.worker.terminate()
    },
  }
}

type Task = ParseRequest['task']

const POSTGRES = 'postgres'
const ENGINE = 'engine'

/** What the Worker lacks for a request. */
function lessonFor(taught: Set<string>, task: Task, grammarName: string, load: (name: string) => Grammar) {
  const lacks = (name: string) => !taught.has(name) && taught.add(name)
  if (task === POSTGRES) return lacks(POSTGRES) ? { postgres: loadPostgres() } : {}
  return {
    ...(lacks(ENGINE) ? { engine: loadEngine() } : {}),
    ...(lacks(grammarName) ? { grammar: load(grammarName) } : {}),
  }
}

interface Running {
  worker: Worker
  /** What it was given: grammars and engines. */
  taught: Set<string>
  closed: Promise<unknown>
}

function started(start: () => Worker): Running {
  const worker = start()
  const closed = new Promise((resolve) => worker.addEventListener('close', resolve, { once: true }))
  return { worker, taught: new Set(), closed }
}

/** Ends a Worker. False when it did not: code of a grammar that loops for ever can't be stopped from outside. */
function ended({ worker, closed }: Running, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const late = setTimeout(resolve, ms, false)
  closed.then(() => resolve(true))
  worker.terminate()
  return promise.finally(() => clearTimeout(late))
}
