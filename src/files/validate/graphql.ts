import { type Fault, faultAt } from './fault.ts'

/** What GraphQL's lexer knows: strings, comments and brackets matter here, all else is passed over. */
const TOKENS = /"""(?:\\"""|[\s\S])*?"""|"(?!"")(?:\\.|[^"\\\n])*"|#[^\n]*|[[\](){}]|"/g
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** A GraphQL document, as far as its brackets and strings say: they must close in order. */
export function checkGraphql(text: string): Fault[] {
  const open: { bracket: string; at: number }[] = []
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token in CLOSING) open.push({ bracket: token, at: index })
    else if (token === '"') return [faultAt(text, index, 'This string is never closed')]
    else if (/^[\])}]$/.test(token) && CLOSING[open.pop()?.bracket ?? ''] !== token)
      return [faultAt(text, index, `This “${token}” closes nothing`)]
  }
  const last = open.at(-1)
  return last ? [faultAt(text, last.at, `This “${last.bracket}” is never closed`)] : []
}
