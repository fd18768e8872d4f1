/** How a model says what is to change in files that are there. */
export type EditFormat = 'whole' | 'search-replace' | 'diff'

/**
 * One place that is to change: what stands there, and what is to stand there instead. `block` is its number in the answer,
 * from 1.
 */
export type Hunk = LinesHunk | TextHunk

/** Whole lines, as an answer in text has them. */
export interface LinesHunk {
  block: number
  search: string[]
  replace: string[]
  /** What a diff says of the file's last newline: that it comes, or goes. Undefined: the file keeps what it has. */
  finalNewline?: boolean
}

/**
 * Characters, as the arguments of a tool have them. What stands there only but for white space or punctuation is looked for
 * by whole lines.
 */
export interface TextHunk {
  block: number
  characters: { search: string; replace: string }
}

/** All that an answer says of one file: places of it, or the whole of it. */
export type FileEdit = { path: string } & ({ hunks: Hunk[] } | { content: string; block: number; creates: boolean })

/** What came of a model: text in one of the formats, or blocks that it gave as a tool's arguments. */
export type EditAnswer = {
  /** sha256 of each file as the model saw it, by path. One that has another content by now is not edited. */
  bases?: Readonly<Record<string, string>>
} & (
  | { format: 'whole'; path: string; text: string }
  | { format: 'search-replace' | 'diff'; text: string; path?: string }
  | { format: 'blocks'; path: string; blocks: readonly { search: string; replace: string }[] }
)

/** The hash that `bases` holds a text to. */
export function hashOf(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
