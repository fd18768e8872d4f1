import { type Client, createClient } from '@libsql/client'

/** Longest statement that is judged, in characters: what is longer is data, and some checks of SQLite's take the square of it. */
const LONGEST_STATEMENT = 100_000

/** Of those that are told by their look. */
const LONGEST_TOLD = 2_000

/**
 * Statements whose preparation only reads them, nothing being there that they could name. `PRAGMA` is not among them: some act when they are
 * prepared, and on the whole process. Nor are `ATTACH` and `VACUUM`, which take any expression for the name of a file.
 */
const PREPARED =
  /^(?:SELECT|VALUES|WITH|INSERT|REPLACE|UPDATE|DELETE|CREATE|DROP|ALTER|BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|ANALYZE|REINDEX)\b/i
/** What is told by its look alone. */
const TOLD =
  /^(?:PRAGMA\s+[\w."]+\s*(?:=\s*[\w.+'"-]+|\(\s*[\w.+'"-]+\s*\))?|ATTACH\s+.+\sAS\s+\S+|DETACH\s+.+|VACUUM(?:\s+\w+)?(?:\s+INTO\s+.+)?)\s*;?\s*$/is
/** A refusal for the form of a statement; SQLite's others are about what it names. */
const OF_FORM = /near "[\s\S]*": syntax error|unrecognized token: "|incomplete input/
const STRINGS_AND_COMMENTS = /'[^']*'?|"[^"]*"?|`[^`]*`?|\[[^\]\n]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

let client: Client | undefined

/**
 * What SQLite's parser says against the form of one statement; undefined when it takes it. The statement is prepared in an empty
 * database in memory (`EXPLAIN`), and never run; what follows it is not looked at.
 */
export async function sqliteRefusal(statement: string): Promise<string | undefined> {
  if (statement.length > LONGEST_STATEMENT) return undefined
  const bare = blankComments(statement).trim()
  const plain = bare.replace(/^EXPLAIN(\s+QUERY\s+PLAN)?\s+/i, '')
  if (plain.length <= LONGEST_TOLD && TOLD.test(plain)) return undefined
  if (!PREPARED.test(plain)) return `near "${/^\S*/.exec(plain)![0].slice(0, 100)}": syntax error`
  const prepared = asView(plain)
  if (MAYBE_FROM_QUERY.test(prepared)) return undefined
  client ??= createClient({ url: ':memory:', concurrency: 1 })
  try {
    await client.execute(`EXPLAIN ${prepared}`)
    return undefined
  } catch (error) {
    return OF_FORM.exec((error as Error).message)?.[0] && (error as Error).message.replace(/^SQLITE_\w+: /, '')
  }
}

/** The same text with its comments blank, as long as before. */
export function blankComments(sql: string): string {
  return sql.replace(STRINGS_AND_COMMENTS, (piece) =>
    /^(?:--|\/\*)/.test(piece) ? piece.replace(/[^\n]/g, ' ') : piece,
  )
}

const NAME = '(?:[\\w$]+|"[^"]*"|`[^`]*`|\\[[^\\]]*\\])'
const TABLE = 'CREATE\\s+(?:TEMP\\s+|TEMPORARY\\s+)?TABLE'
const MADE_FROM_QUERY = new RegExp(
  `^${TABLE}\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}(?:\\s*\\.\\s*${NAME})?\\s*\\bAS\\b`,
  'i',
)
/** The same where its name is none that is known here. */
const MAYBE_FROM_QUERY = new RegExp(`^${TABLE}\\b[\\s\\S]*\\bAS\\s+(?:SELECT|WITH|VALUES)\\b`, 'i')

/**
 * A query is planned when it is prepared, and one of 2 KB can name itself a billion times over; as the body of a view it is only read.
 */
function asView(statement: string): string {
  if (/^(?:SELECT|VALUES)\b/i.test(statement)) return `CREATE VIEW v AS ${statement}`
  if (/^WITH\b/i.test(statement) && verbOf(statement) === 'SELECT') return `CREATE VIEW v AS ${statement}`
  return statement.replace(MADE_FROM_QUERY, 'CREATE VIEW v AS')
}

/** What a statement that begins with WITH does after that: outside of parentheses and strings. */
function verbOf(statement: string): string {
  let depth = 0
  const words = statement
    .replace(STRINGS_AND_COMMENTS, ' ')
    .matchAll(/[()]|\b(?:SELECT|VALUES|INSERT|REPLACE|UPDATE|DELETE)\b/gi)
  for (const [word] of words) {
    if (word === '(') depth++
    else if (word === ')') depth--
    else if (depth === 0) return /^(?:SELECT|VALUES)$/i.test(word) ? 'SELECT' : word.toUpperCase()
  }
  return 'SELECT'
}
