import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EditAnswer, hashOf } from '../../../src/files/edits/edit.ts'
import type { EditReason } from '../../../src/files/edits/failure.ts'

export const CORPUS = join(import.meta.dir, 'corpus')
export const CLASSES = ['right', 'sloppy', 'ambiguous', 'stale', 'adversarial'] as const
export type CaseClass = (typeof CLASSES)[number]

/** One case: files, an answer about them, and the only thing that may come of it. */
export interface EditCase {
  name: string
  class: CaseClass
  about: string
  files: Map<string, string>
  answer: EditAnswer
  /** What is expected: the files that change, or the reasons of a refusal, block by block. */
  expected: { files: Map<string, string> } | { refused: EditReason[] }
}

/** All cases of the corpus, by class and name; corpus/README.md says how they are written. */
export function allCases(): EditCase[] {
  return CLASSES.flatMap((kind) =>
    [...new Bun.Glob('*.txt').scanSync(join(CORPUS, kind))]
      .sort()
      .map((file) => readCase(kind, file.replace(/\.txt$/, ''), readFileSync(join(CORPUS, kind, file), 'utf8'))),
  )
}

interface Section {
  what: string
  words: string[]
  text: string
}

/** @throws Error for a case that is not well-formed */
export function readCase(kind: CaseClass, name: string, text: string): EditCase {
  const [about, ...sections] = text.split(/^%%% /m)
  const read = sections.map(sectionOf)
  const named = (what: string) =>
    new Map(read.filter((each) => each.what === what).map((each) => [each.words[0]!, each.text]))
  const answer = read.find(({ what }) => what === 'answer')
  const refused = read.find(({ what }) => what === 'refused')
  const results = named('result')
  if (!answer || (refused === undefined) === (results.size === 0)) throw new Error(`${kind}/${name} is no case`)
  const seen = Object.fromEntries([...named('seen')].map(([path, text]) => [path, hashOf(text)]))
  return {
    name,
    class: kind,
    about: about!.trim(),
    files: named('file'),
    answer: { ...answerOf(answer), ...(Object.keys(seen).length > 0 ? { bases: seen } : {}) },
    expected: refused
      ? { refused: refused.words.map((word) => word.replace(',', '') as EditReason) }
      : { files: results },
  }
}

const FLAGS = new Set(['bom', 'crlf', 'unended', 'empty'])

/** A section's text with what its flags say of it, and with its visible marks as what they stand for. */
function sectionOf(section: string): Section {
  const [head = ''] = section.split('\n', 1)
  const [what = '', ...rest] = head.trim().split(/\s+/)
  const flags = new Set(rest.filter((word) => FLAGS.has(word)))
  const words = rest.filter((word) => !FLAGS.has(word))
  const body = section.slice(head.length + 1)
  const plain = body.replace(/[␠␉⍽␍␂]/g, (mark) => MARKS[mark]!)
  const ended = flags.has('unended') || flags.has('empty') ? plain.replace(/\n$/, '') : plain
  const lines = flags.has('crlf') ? ended.replaceAll('\n', '\r\n') : ended
  return { what, words, text: flags.has('bom') ? `\uFEFF${lines}` : lines }
}

const MARKS: Record<string, string> = { '␠': ' ', '␉': '\t', '⍽': '\u00A0', '␍': '\r', '␂': '\uFEFF' }

function answerOf({ words: [format, path], text }: Section): EditAnswer {
  if (format === 'blocks') return { format, path: path!, blocks: JSON.parse(text) }
  if (format === 'whole') return { format, path: path!, text }
  if (format === 'diff' || format === 'search-replace') return { format, text, ...(path ? { path } : {}) }
  throw new Error(`no format ${format}`)
}
