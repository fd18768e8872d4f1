import type { Mark } from '../../files/diff/words.ts'
import { KINDS } from './kinds.ts'

/** Most that is shown of one line, in characters. */
const LONGEST = 4_000

/**
 * One line as safe HTML: a span with a class for each word that is not plain, and a `mark` around what differs from another
 * version. Classes are all it has: the policy of the pages lets no style through.
 */
export function paintLine(text: string, colours: Uint16Array, marks: readonly Mark[] = []): string {
  const shown = text.slice(0, LONGEST)
  let html = ''
  let at = 0
  for (let part = 0; part < colours.length; part += 2) {
    const end = at + colours[part]!
    html += painted(shown, at, end, KINDS[colours[part + 1]!], marks)
    at = end
  }
  html += painted(shown, at, shown.length, 'plain', marks)
  return text.length > LONGEST ? `${html}<small>… ${text.length - LONGEST} more characters</small>` : html
}

/** One part of a line, cut where marks begin and end, so that no tag crosses another. */
function painted(text: string, from: number, to: number, kind: string | undefined, marks: readonly Mark[]): string {
  let html = ''
  let at = from
  for (const [start, end] of marks) {
    if (end <= at || start >= to) continue
    html += spanned(text.slice(at, Math.max(at, start)), kind)
    html += `<mark>${spanned(text.slice(Math.max(at, start), Math.min(to, end)), kind)}</mark>`
    at = Math.min(to, end)
  }
  return html + spanned(text.slice(at, to), kind)
}

function spanned(text: string, kind: string | undefined): string {
  if (text === '') return ''
  const safe = visible(Bun.escapeHTML(text))
  return kind && kind !== 'plain' ? `<span class="tok-${kind}">${safe}</span>` : safe
}

/** Marks that turn text around, or break a line where none ends, are shown instead of obeyed. */
const ODD = /[\r\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

function visible(html: string): string {
  return html
    .replace(
      ODD,
      (char) => `<span class="odd">U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}</span>`,
    )
    .replace(/\uFEFF/g, '')
}
