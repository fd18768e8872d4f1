import { join } from 'node:path'
import { packed } from '../../assets-packed.ts'
import { workerReply } from '../../files/worker-reply.ts'
import type { Coloured } from './colour.ts'
import { COLOURED } from './kinds.ts'
import type { ColourReply, ColourRequest } from './worker.ts'

/** Longer texts are shown plain, in characters. */
const MAX_LENGTH = 600_000
/** For one text. What is not coloured by then stays plain. */
const COLOUR_MS = 2_000
/** What the Worker is given beyond that: to start, to load a grammar, to answer. */
const GRACE_MS = 3_500
/** A Worker with nothing to do is let go: the grammars take some tens of megabytes. */
const IDLE_MS = 60_000
/** Workers that did not even end when told to: each burns a core until the process ends, so there must be few. */
const MOST_STUCK = 2
const CACHED_BYTES = 16_000_000
const BYTES_PER_ENTRY = 200

/** The colours of a text's lines. */
export interface Colours {
  /** Of the line at this place (from 0): the length and kind of each of its parts, one after the other. */
  of(line: number): Uint16Array
}

export interface Highlighter extends Disposable {
  /**
   * The colours of a text in a language of `languageOf`, by its lines without their ends. `key` names the content: the same
   * content is read once, or twice where the first time was too short, as it is before a grammar's expressions are compiled. Never fails: what can't be coloured in time is plain.
   */
  colours(language: string, key: string, lines: readonly string[]): Promise<Colours>
}

export interface HighlighterDeps {
  start?: () => Worker
  colourMs?: number
  graceMs?: number
  cachedBytes?: number
}

/** Where the Worker's code is: in the single binary it is an entry point of its own, at its path in the repository. */
const WORKER = packed
  ? join(import.meta.dir, 'src/workspace/highlight/worker.js')
  : new URL('./worker.ts', import.meta.url).href

/** What is not coloured. */
export const PLAIN: Colours = { of: () => NOTHING }
const NOTHING = new Uint16Array(0)
const FAILED: Coloured = { numbers: NOTHING, complete: true }

/** Colours in a Worker of its own, which is started with the first text and again after it failed, and keeps what it found. */
export function openHighlighter({
  start = () => new Worker(WORKER, { ref: false }),
  colourMs = COLOUR_MS,
  graceMs = GRACE_MS,
  cachedBytes = CACHED_BYTES,
}: HighlighterDeps = {}): Highlighter {
  const cache = boundedCache(cachedBytes)
  const begun = new Set<string>()
  let worker: Worker | undefined
  let idle: Timer | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let [count, stuck] = [0, 0]

  const colourNow = async (language: string, lines: readonly string[]): Promise<Coloured> => {
    if (stuck >= MOST_STUCK) return FAILED
    clearTimeout(idle)
    worker ??= start()
    const request = { id: ++count, language, lines: lines.map(oneLine), ms: colourMs }
    const answer = await workerReply<ColourRequest, ColourReply>(worker, request, colourMs + graceMs)
    if (!answer) {
      if (!(await ended(worker, graceMs))) stuck++
      worker = undefined
      return FAILED
    }
    idle = setTimeout(() => {
      worker?.terminate()
      worker = undefined
    }, IDLE_MS)
    idle.unref()
    return answer
  }
  return {
    colours: async (language, key, lines) => {
      if (!COLOURED.has(language) || lengthOf(lines) > MAX_LENGTH) return PLAIN
      const name = `${language} ${key}`
      const known = cache.get(name)
      if (known) return coloursOf(known)
      const found = turn.then(async () => {
        const again = cache.get(name)
        if (again) return again
        const { numbers, complete } = await colourNow(language, lines)
        if (complete || begun.delete(name)) cache.set(name, numbers)
        else begun.add(name)
        return numbers
      })
      turn = found
      return coloursOf(await found)
    },
    [Symbol.dispose]: () => {
      clearTimeout(idle)
      worker?.terminate()
    },
  }
}

function coloursOf(numbers: Uint16Array): Colours {
  const starts: number[] = []
  for (let at = 0; at < numbers.length; at += 1 + 2 * numbers[at]!) starts.push(at)
  return {
    of: (line) => {
      const start = starts[line]
      return start === undefined ? NOTHING : numbers.subarray(start + 1, start + 1 + 2 * numbers[start]!)
    },
  }
}

/** Ends a Worker, if it hasn't ended by itself. False when it did not: an expression that runs for ever can't be stopped from outside. */
function ended(worker: Worker, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const late = setTimeout(resolve, ms, false)
  worker.addEventListener('close', () => resolve(true))
  worker.terminate()
  return promise.finally(() => clearTimeout(late))
}

/** A line as one line for the grammars too, which end it at other marks than we do. */
function oneLine(line: string): string {
  return line.replace(/[\r\n\uFEFF]/g, ' ')
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length + 1, 0)
}

interface Cache {
  get(name: string): Uint16Array | undefined
  set(name: string, numbers: Uint16Array): void
}

/** The least recently used go first. */
function boundedCache(bytes: number): Cache {
  const kept = new Map<string, Uint16Array>()
  let size = 0
  const drop = (name: string) => {
    const numbers = kept.get(name)
    if (!numbers) return
    kept.delete(name)
    size -= numbers.byteLength + BYTES_PER_ENTRY
  }
  return {
    get: (name) => {
      const numbers = kept.get(name)
      if (!numbers) return undefined
      kept.delete(name)
      kept.set(name, numbers)
      return numbers
    },
    set: (name, numbers) => {
      drop(name)
      kept.set(name, numbers)
      size += numbers.byteLength + BYTES_PER_ENTRY
      for (const oldest of kept.keys()) {
        if (size <= bytes) return
        drop(oldest)
      }
    },
  }
}
