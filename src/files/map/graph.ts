import type { Symbols } from '../symbols/symbol.ts'
import { linksOf } from './links.ts'
import type { Edge } from './pagerank.ts'
import { partsOf } from './words.ts'

/** A file as the map sees it. */
export interface MapFile {
  path: string
  text: string
  symbols: Symbols
}

/** A reference to a name, or without one to a file as a whole. */
export interface Reference extends Edge {
  name?: string
}

const MENTIONED = 10
const LONG_NAME = 10
const PRIVATE = 0.1
const COMMON_NAME = 0.1
/** A name that more files define says little about which is meant. */
const MOST_DEFINERS = 5
/** And one that this many define says nothing: the references to all of them would only take time. */
const TOO_MANY_DEFINERS = 100
const LONG = 8
/** The weight of a reference to a file as a whole. */
export const LINK = 3

/**
 * Who refers to whom, files numbered in the given order: a file that uses a name to each that defines it, weighted by the
 * square root of its uses, by whether the task mentions the name, and by how much such a name tells; and a file to each
 * that it names by path.
 */
export function referencesIn(files: MapFile[], mentioned: ReadonlySet<string>): Reference[] {
  const definers = definersIn(files)
  const numbers = new Map(files.map(({ path }, i) => [path, i]))
  const paths = new Set(numbers.keys())
  return files.flatMap(({ path, text, symbols }, from) => [
    ...linksOf(path, text, paths).map((to) => ({ from, to: numbers.get(to)!, weight: LINK })),
    ...symbols.references.flatMap(([name, uses]) => {
      const of = definers.get(name) ?? []
      if (of.length >= TOO_MANY_DEFINERS) return []
      const weight = Math.sqrt(uses) * tellingOf(name, of.length, mentioned)
      return of.filter((to) => to !== from).map((to) => ({ from, to, weight, name }))
    }),
  ])
}

function definersIn(files: MapFile[]): Map<string, number[]> {
  const definers = new Map<string, number[]>()
  files.forEach(({ symbols }, i) => {
    for (const name of new Set(symbols.definitions.map(({ name }) => name))) {
      const known = definers.get(name)
      if (known) known.push(i)
      else definers.set(name, [i])
    }
  })
  return definers
}

function tellingOf(name: string, definers: number, mentioned: ReadonlySet<string>): number {
  const parts = partsOf(name)
  return (
    (mentioned.has(parts.join(' ')) ? MENTIONED : 1) *
    (parts.length > 1 && name.length >= LONG ? LONG_NAME : 1) *
    (name.startsWith('_') ? PRIVATE : 1) *
    (definers > MOST_DEFINERS ? COMMON_NAME : 1)
  )
}
