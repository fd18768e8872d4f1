/** One statement of a text: where it begins, and what it says, comments and all, without its semicolon. */
export interface Statement {
  start: number
  text: string
}

/** What may hold a semicolon that ends nothing, or is one; and the words that open and close the body of a trigger. */
const PIECES =
  /'[^']*'?|"[^"]*"?|`[^`]*`?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|;|\b(?:BEGIN|CASE|END)\b/gi
const TRIGGER = /^\s*CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\b/i
const ATOMIC = /\bBEGIN\s+ATOMIC\b/i
const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g

/** Cuts a text into its statements, as the shells of SQLite and PostgreSQL do. */
export function statementsIn(sql: string): Statement[] {
  const all: Statement[] = []
  let start = 0
  let depth = 0
  for (const { 0: piece, index } of sql.matchAll(PIECES)) {
    if (/^(?:BEGIN|CASE)$/i.test(piece)) depth++
    else if (/^END$/i.test(piece)) depth--
    else if (piece === ';' && !(depth > 0 && hasBody(sql.slice(start, index)))) {
      all.push({ start, text: sql.slice(start, index) })
      start = index + 1
      depth = 0
    }
  }
  all.push({ start, text: sql.slice(start) })
  return all.filter(({ text }) => text.replace(COMMENTS, '').trim() !== '')
}

function hasBody(statement: string): boolean {
  const bare = statement.replace(COMMENTS, '')
  return TRIGGER.test(bare) || ATOMIC.test(bare)
}
