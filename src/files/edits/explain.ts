import type { LinesHunk } from './edit.ts'
import type { Refusal } from './failure.ts'
import { locator, placesButForIndent } from './locate.ts'
import { nearest, shownFrom } from './nearest.ts'
import { isElision, isNumbered } from './stand-ins.ts'

/** Why a block's lines stand nowhere, as far as it can be told, with the lines that it may mean. */
export function whyNowhere(file: readonly string[], hunk: LinesHunk, others: readonly LinesHunk[]): Refusal {
  const { search } = hunk
  if (isNumbered(search))
    return { reason: 'numbered', message: NUMBERED, near: nearest(file, search.map(withoutNumber)) }
  if (search.some(isElision)) return { reason: 'elision', message: ELISION, near: nearest(file, search) }
  const already = placeOfReplacement(file, hunk)
  if (already !== undefined)
    return { reason: 'already_there', message: ALREADY, near: shownFrom(file, already, hunk.replace.length) }
  const [shifted] = placesButForIndent(file, search)
  if (shifted !== undefined)
    return { reason: 'indentation', message: SHIFTED, near: shownFrom(file, shifted, search.length) }
  const maker = others.find(({ replace }) => locator(replace)(search) !== undefined)
  const message = maker ? ofAnother(maker.block) : NOWHERE
  return { reason: 'not_found', message: message + differing(file, search), near: nearest(file, search) }
}

/** Where what is to come stands already: it says more than a line or two of brackets. */
function placeOfReplacement(file: readonly string[], { replace }: LinesHunk): number | undefined {
  if (!replace.some((line) => /\w{2}/.test(line))) return undefined
  const located = locator(file)(replace)
  if (!located) return undefined
  return 'found' in located ? located.found.at : located.places[0]
}

/** The first line that is not as it was searched for, at the place that it may mean. */
function differing(file: readonly string[], search: readonly string[]): string {
  const [first] = nearest(file, search)
  if (!first) return ''
  const i = search.findIndex((line, i) => file[first.line - 1 + i]?.trimEnd() !== line.trimEnd())
  const is = file[first.line - 1 + i]
  if (i < 0 || is === undefined) return ''
  return ` Line ${first.line + i} is ${quoted(is)}, where you wrote ${quoted(search[i]!)}.`
}

const QUOTED_CHARACTERS = 120

function quoted(line: string): string {
  return `“${line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}…` : line}”`
}

function withoutNumber(line: string): string {
  return line.replace(/^\s*\d+\s*[|:→\t] ?/, '')
}

const NUMBERED =
  'the lines carry the numbers that they were shown with. Leave the numbers out, and copy only what stands after them.'
const ELISION =
  '“...” stands for lines that you left out, and then nothing says what lies between. Write every line, or make one block for each part.'
const ALREADY = 'what you replace does not stand in the file, and what is to come does already. Leave this block out.'
const SHIFTED =
  'the lines stand there, but their indentation differs from line to line from yours. Copy them with the indentation that they have in the file.'
const NOWHERE = 'these lines do not stand in the file. Copy them from it, white space included.'

function ofAnother(block: number): string {
  return `these lines do not stand in the file, they are what block ${block} puts there. All blocks are looked for in the file as it is: put both into one block.`
}
