import { advise } from '../../../src/files/validate/advise.ts'
import type { Fault } from '../../../src/files/validate/fault.ts'
import { validate } from '../../../src/files/validate/validate.ts'
import type { Compilers } from '../../../src/sandbox/compilers.ts'
import type { Sample } from './corpus.ts'

/** Where a file is cut: not so early that next to nothing is left, and not at its very end. */
const CUT_FROM = 0.3
const CUT_TO = 0.9
const NEVER = new AbortController().signal

/** What was found in files of one language. Of the cuts: how many were refused, and how many of the others were advised on. */
export interface Measured {
  language: string
  files: number
  /** By what it is refused: an exact parser, a compiler, nothing. */
  by: 'parser' | 'compiler' | 'none'
  falseAlarms: string[]
  falseAdvice: string[]
  byLine: Cuts
  byByte: Cuts
}

interface Cuts {
  /** Files that were really cut: one of a line or two can't be cut at a line. */
  files: number
  refused: number
  advised: number
}

/** Judges each file as it is, cut at a random line, and cut at a random character: the same ones in each run. */
export async function measure(compilers: Compilers, language: string, samples: Sample[]): Promise<Measured> {
  const random = seeded(language)
  const whole = await judged(compilers, samples)
  const byLines = samples.filter(({ text }) => text.trim().split('\n').length > 3)
  const lines = await judged(
    compilers,
    byLines.map((sample) => ({ ...sample, text: cutAtLine(sample.text, random()) })),
  )
  const bytes = await judged(
    compilers,
    samples.map((sample) => ({ ...sample, text: cut(sample.text, random()) })),
  )
  const said = (kind: 'faults' | 'hints') =>
    whole.flatMap(({ path, [kind]: [first] }) =>
      first ? [`${path}:${first.line}: ${first.message}: ${first.text}`] : [],
    )
  return {
    language,
    files: samples.length,
    by: whole.some(({ compiled }) => compiled)
      ? 'compiler'
      : bytes.some(({ faults }) => faults.length > 0)
        ? 'parser'
        : 'none',
    falseAlarms: said('faults'),
    falseAdvice: said('hints'),
    byLine: counts(lines),
    byByte: counts(bytes),
  }
}

interface Judgement {
  path: string
  compiled: boolean
  faults: Fault[]
  hints: Fault[]
}

/** As files are judged that a model writes, many at once. */
async function judged(compilers: Compilers, samples: Sample[]): Promise<Judgement[]> {
  const found: Judgement[] = []
  const compiled = await compilers.check(
    samples.map(({ path, text }) => ({ path, text })),
    NEVER,
  )
  for (const { path, name, text } of samples) {
    const parsed = await validate(name, text)
    const said = compiled.get(path)
    const faults = parsed.length > 0 ? parsed : (said ?? [])
    // also where a compiler is here: what a machine without it would say
    const hints = parsed.length > 0 ? [] : await advise(name, text)
    found.push({ path, compiled: said !== undefined, faults, hints })
  }
  return found
}

function counts(all: Judgement[]): Cuts {
  const refused = all.filter(({ faults }) => faults.length > 0).length
  return { files: all.length, refused, advised: all.filter(({ hints }) => hints.length > 0).length }
}

function cutAtLine(text: string, at: number): string {
  const rows = text.trimEnd().split('\n')
  return `${rows.slice(0, Math.max(1, Math.floor(rows.length * share(at)))).join('\n')}\n`
}

function cut(text: string, at: number): string {
  return text.slice(0, Math.floor(text.length * share(at)))
}

function share(at: number): number {
  return CUT_FROM + (CUT_TO - CUT_FROM) * at
}

/** Numbers from 0 to 1 that are the same for the same word (mulberry32). */
function seeded(word: string): () => number {
  let state = Number(Bun.hash.crc32(word))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
