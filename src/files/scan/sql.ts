import { callsOf } from './calls.ts'
import { valueAt } from './expressions.ts'
import type { Hit } from './finding.ts'
import type { Range } from './ranges.ts'
import { holesIn, isFromRequest, shapeOf } from './shapes.ts'
import { FILL, type Source } from './source.ts'

const REASON =
  'A value becomes part of an SQL statement, and can change what it does. Put a placeholder into the statement, and pass the value beside it.'
/** Most statements that are looked at in a file. */
const MOST = 1_000

const STATEMENT =
  /^\s{0,40}(?:(?:explain\s{1,4})?select\s[\s\S]{1,400}?\bfrom\s|insert\s{1,4}(?:or\s\w{1,10}\s)?into\s|update\s{1,4}\S{1,80}\s{1,4}set\s|delete\s{1,4}from\s|(?:drop|alter|create|truncate)\s{1,4}(?:table|database|user|view)\s|replace\s{1,4}into\s|with\s{1,4}\w{1,40}\s{1,4}as\s{0,4}\(|call\s{1,4}\w{1,40}\(|(?:where|and)\s{1,4}[\w.]{1,60}\s{0,4}(?:=|like|in\b))/i

const LANGUAGES = new Set(
  'javascript jsx typescript tsx python php ruby go java kotlin csharp rust perl swift c cpp'.split(' '),
)

/** Statements that are put together from text. */
export function sql(source: Source): Hit[] {
  if (!LANGUAGES.has(source.language)) return []
  const hits: Hit[] = []
  let looked = 0
  let past = 0
  for (const [from, to] of source.strings) {
    if (from < past || looked >= MOST || to - from < 10) continue
    const head = source.text.slice(from, Math.min(to, from + 500))
    if (!STATEMENT.test(head) || isProse(head) || isTagged(source, from)) continue
    looked++
    const range = wholeOf(source, from)
    past = range[1]
    const severity = gravityOf(source, range)
    if (severity) hits.push({ rule: 'sql-from-input', severity, at: from, reason: REASON })
  }
  return [...hits, ...conditions(source)]
}

/** Rails takes the condition alone. */
function conditions(source: Source): Hit[] {
  if (source.language !== 'ruby') return []
  const calls = callsOf(
    source,
    /(?<![\w])(?:where|having|find_by_sql|delete_all|update_all|joins|order|exists\?)\s{0,2}\(/g,
  )
  return calls.flatMap(({ at, args }): Hit[] => {
    const isBuilt = args[0] && holesIn(source, args[0]).length > 0 && shapeOf(source, args[0]) !== 'fixed'
    return isBuilt ? [{ rule: 'sql-from-input', severity: 'high', at, reason: REASON }] : []
  })
}

/** “Select a file from the list” is no statement: one that begins with a capital alone must go on like SQL. */
function isProse(head: string): boolean {
  const [first] = head.trim().split(/\s/)
  if (first === first?.toUpperCase()) return false
  return /^[A-Z][a-z]/.test(first!) || !/\b(?:where|values|set|limit|order by|join|count\()|[=*?]/.test(head)
}

/** A template with a tag of its own: the library sees the values apart from the text. */
function isTagged({ bare }: Source, from: number): boolean {
  return /(?:\bsql|\bSQL|\bPrisma\.sql|\$queryRaw|\$executeRaw|\bgql|\bsql\.\w{1,20}|\braw)(?:<[^<>\n]{0,80}>)?`$/.test(
    bare.slice(Math.max(0, from - 120), from),
  )
}

/** What puts the arguments after a text into it. */
const FORMATTER = /(?:\bSprintf|\bString\.[fF]ormat|\bsprintf|\bformat!)\(\s{0,5}[$@]?["`]$/

/** The expression that a string is the first part of: to the end of its argument, or of its statement. */
function wholeOf({ bare }: Source, from: number): Range {
  const [, end] = valueAt(bare, from)
  const isFormatted = FORMATTER.test(bare.slice(Math.max(0, from - 30), from))
  let depth = 0
  for (let at = from; at < end; at++) {
    const char = bare[at]!
    if (char === FILL) continue
    if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char)) depth--
    else if (char === ',' && depth === 0 && !isFormatted) return [from, at]
    if (depth < 0 && !isInTemplate(bare, from, at)) return [from, at]
  }
  return [from, end]
}

/** The brace that ends the code in a template. */
function isInTemplate(bare: string, from: number, at: number): boolean {
  return bare[at] === '}' && bare.lastIndexOf('${', at) >= from
}

/** Lists of placeholders are made in these ways, and names of tables and columns come from the program itself. */
const PLACEHOLDERS =
  /["'](?:\?|%s|\$|:\w*)["']\s*\)?\s*(?:[*,]|for\b|\))|=>\s*["'`](?:\?|\$)|=>\s*`\$\$\{|\bplaceholders?\b|\bqs\b|\bmarks\b|\.fill\(["']\?/i
/** Behind these words stands a name, not a value. */
const BEFORE_NAME =
  /\b(?:from|into|update|join|table|order\s+by|group\s+by|index|view|database|exists|pragma|schema|set|select|by|on|columns?)\s*[("`[]?\s*$/i

function gravityOf(source: Source, range: Range): Hit['severity'] | undefined {
  const code = source.code.slice(...range)
  const after = source.bare.slice(range[1], range[1] + 2)
  if (isFormatted(code)) return formatGravity(source, range)
  if (PLACEHOLDERS.test(code) && !isFromRequest(source, range)) return undefined
  const shape = shapeOf(source, range)
  if (shape === 'fixed' || (shape === 'unknown' && !after)) return undefined
  if (shape === 'input' || isFromRequest(source, range)) return 'high'
  return onlyNames(code) ? 'low' : 'high'
}

/** Python’s `%`, where what follows are the values. */
function isFormatted(code: string): boolean {
  return /["']\s*%\s*[\w(]/.test(code)
}

function formatGravity(source: Source, range: Range): Hit['severity'] | undefined {
  const shape = shapeOf(source, range)
  if (shape === 'fixed') return undefined
  const code = source.code.slice(...range)
  return PLACEHOLDERS.test(code.slice(code.lastIndexOf('%'))) ? undefined : 'high'
}

/** True when every value stands where only the name of a table or a column can. */
function onlyNames(code: string): boolean {
  const places = [...code.matchAll(/\$\{|["']\s*(?:\+|\.)\s*(?=[\w$])|(?<!\{)\{(?=[a-z_]\w*\})|#\{|\{?\$(?=\w)/gi)]
  if (places.length === 0) return false
  return places.every(({ index }) =>
    BEFORE_NAME.test(code.slice(Math.max(0, index - 60), index).replace(/["'`]\s*$/, '')),
  )
}
