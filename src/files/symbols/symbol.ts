/** A name that a file gives to something: a function, a class, a heading. */
export interface Definition {
  name: string
  /** The grammar's word: `function`, `class`, `method`, `constant`, `heading`, ... */
  kind: string
  /** From 1. */
  line: number
  /** Its head on one line, without its body: `export function total(items: Item[]): number`. */
  signature: string
  /** How many definitions it stands in. */
  depth: number
}

/** What a file defines, in the order of its lines, and the names that it uses, each with its count, sorted by name. */
export interface Symbols {
  definitions: Definition[]
  references: [name: string, count: number][]
}

export const NO_SYMBOLS: Symbols = { definitions: [], references: [] }
