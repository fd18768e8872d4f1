import { type Fault, faultAt } from './fault.ts'

/** An element whose content is no markup. */
export interface Part {
  tag: string
  attributes: string
  text: string
  /** Where `text` begins in the document. */
  start: number
}

/** More are not looked at. */
const MOST_PARTS = 100
/** Steps that are made for each character of a text: what takes more was made to take long. */
const MOST_STEPS = 10

const RAW = new Set(['script', 'style', 'textarea', 'title'])
const OPENS = /<(?:!--|!\[CDATA\[|\/?[a-z])/gi

/**
 * The parts of a document that are no markup; or what its end leaves open: a comment, a script, a tag. A browser would take all of the rest for a part
 * of that.
 */
export function partsOf(text: string): { parts: Part[] } | { open: Fault } {
  const parts: Part[] = []
  let steps = 0
  for (let at = next(text, 0); at >= 0 && parts.length < MOST_PARTS; ) {
    const piece = pieceAt(text, at)
    if ('open' in piece) return { open: faultAt(text, at, piece.open) }
    if (piece.part && piece.part.text.trim() !== '') parts.push(piece.part)
    steps += piece.looked - at
    if (steps > text.length * MOST_STEPS) break
    at = next(text, piece.end)
  }
  return { parts }
}

function next(text: string, from: number): number {
  OPENS.lastIndex = from
  return OPENS.exec(text)?.index ?? -1
}

/** One thing that begins with `<`: where it ends, and how far it was looked for. */
interface Piece {
  end: number
  looked: number
  part?: Part
}

function pieceAt(text: string, at: number): Piece | { open: string } {
  if (text.startsWith('<!--', at)) return through(text, at + 2, '-->', 'This comment is never closed')
  if (text.startsWith('<![', at)) return through(text, at, ']]>', 'This CDATA section is never closed')
  const end = tagEnd(text, at)
  if (end === undefined) return { open: 'The file ends inside of this tag' }
  if (end < 0) return { end: at + 1, looked: -end }
  const name = /^<([a-z][^\s/>]*)/i.exec(text.slice(at, Math.min(end, at + 20)))?.[1]?.toLowerCase() ?? ''
  if (!RAW.has(name) || text[end - 2] === '/') return { end, looked: end }
  return rawElement(text, name, at, end)
}

function rawElement(text: string, tag: string, at: number, start: number): Piece | { open: string } {
  const closing = new RegExp(`</${tag}(?=[\\s/>])`, 'gi')
  closing.lastIndex = start
  const close = closing.exec(text)
  if (!close) return { open: `This <${tag}> is never closed` }
  const part = {
    tag,
    attributes: text.slice(at + 1 + tag.length, start - 1),
    text: text.slice(start, close.index),
    start,
  }
  return { end: close.index, looked: close.index, part }
}

function through(text: string, from: number, close: string, open: string): Piece | { open: string } {
  const end = text.indexOf(close, from)
  return end < 0 ? { open } : { end: end + close.length, looked: end }
}

/** Where the tag at `at` ends; undefined when the text ends in it; less than 0, the place until which it was looked for, when it is none. */
function tagEnd(text: string, at: number): number | undefined {
  let quote = ''
  let said = '' // the last sign that is no space
  for (let i = at + 1; i < text.length; i++) {
    const sign = text[i]!
    if (quote !== '') quote = sign === quote ? '' : quote
    else if (sign === '>') return i + 1
    else if (sign === '<') return -i
    else if ((sign === '"' || sign === "'") && said === '=') quote = sign
    if (!/\s/.test(sign)) said = sign
  }
  return undefined
}
