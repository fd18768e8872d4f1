import { folded } from './fold.ts'
import { indentOf, type Pair, type Reindent, uniform } from './indent.ts'

/** What was forgiven so that the lines were found. */
export type Pass = 'exact' | 'trailing space' | 'indentation' | 'punctuation'

/** Lines of a file that are the ones searched for. */
export interface Found {
  /** The first of them, from 0. */
  at: number
  pass: Pass
  reindent: Reindent
}

/** Where lines stand in one file: at one place, at several in the same pass, or nowhere. */
export type Located = { found: Found } | { places: number[] } | undefined

/** Most places that are counted. */
const PLACES_AT_MOST = 6

/**
 * Looks for lines in a file, in four passes: to the letter; but for white space at their ends; but for an indentation that
 * differs by one rule in all of them; but for Unicode's punctuation and spaces. The first pass that finds any decides, and it must
 * find one alone. Nothing is ever taken for being alike.
 */
export function locator(file: readonly string[]): (search: readonly string[]) => Located {
  const trimmed = memo(() => file.map((line) => line.trimEnd()))
  const bare = memo(() => trimmed().map((line) => line.trimStart()))
  const plain = memo(() => file.map((line) => folded(line).trimEnd()))
  const plainBare = memo(() => plain().map((line) => line.trimStart()))

  return (search) => {
    const ends = search.map((line) => line.trimEnd())
    const plainEnds = search.map((line) => folded(line).trimEnd())
    return (
      only('exact', placesOf(file, search)) ??
      only('trailing space', placesOf(trimmed(), ends)) ??
      only('indentation', shifted(trimmed(), bare(), ends)) ??
      only('punctuation', shifted(plain(), plainBare(), plainEnds))
    )
  }
}

/** Where lines stand but for their indentation, by whatever rule: to be told, never to be taken. */
export function placesButForIndent(file: readonly string[], search: readonly string[]): number[] {
  const bare = (line: string) => folded(line).trim()
  return placesOf(file.map(bare), search.map(bare)).map(({ at }) => at)
}

type Place = Pick<Found, 'at' | 'reindent'>

const asItIs: Reindent = (indent) => indent

function only(pass: Pass, places: Place[]): Located {
  if (places.length === 0) return undefined
  return places.length === 1 ? { found: { ...places[0]!, pass } } : { places: places.map(({ at }) => at) }
}

function placesOf(file: readonly string[], search: readonly string[]): Place[] {
  const places: Place[] = []
  for (let at = 0; at + search.length <= file.length && places.length < PLACES_AT_MOST; at++)
    if (search.every((line, i) => file[at + i] === line)) places.push({ at, reindent: asItIs })
  return places
}

function shifted(file: readonly string[], bare: readonly string[], search: readonly string[]): Place[] {
  const wanted = search.map((line) => line.trimStart())
  const places: Place[] = []
  for (let at = 0; at + search.length <= file.length && places.length < PLACES_AT_MOST; at++) {
    if (!wanted.every((line, i) => bare[at + i] === line)) continue
    const pairs = search.flatMap((line, i): Pair[] =>
      wanted[i] === '' ? [] : [[indentOf(line), indentOf(file[at + i]!)]],
    )
    const reindent = uniform(pairs)
    if (reindent) places.push({ at, reindent })
  }
  return places
}

function memo<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
