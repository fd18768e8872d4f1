import { blankComments, sqliteRefusal } from '../../db/sqlite-parser.ts'
import { type Fault, faultAt } from './fault.ts'
import { validatorsParsing } from './parsing.ts'
import type { Refusal } from './postgres.ts'
import { isOfAnotherDialect } from './sql-dialects.ts'
import { type Statement, statementsIn } from './sql-statements.ts'

/** Longest text that is judged, in characters. */
const MAX_LENGTH = 500_000
const POSTGRES_MS = 2_000
/** After it the statements that are left count as right, ms. */
const TOTAL_MS = 1_000
/** SQLite answers in this thread: others get their turn after so many statements. */
const STATEMENTS_A_TURN = 50
const MOST_FAULTS = 20
/** Places that are tried for a word that SQLite has named. */
const MOST_PLACES = 20

/** Refusals that are about the form; PostgreSQL has others (memory exhausted) that say nothing of it. */
const OF_FORM = /^(?:syntax error|unterminated|zero-length|invalid Unicode|trailing junk|unrecognized)/

/** Statements that surely are wrong: none of a text that looks like another dialect's. */
export async function checkSql(text: string): Promise<Fault[]> {
  return isOfAnotherDialect(text) ? [] : refusedByBoth(text)
}

/**
 * Statements that neither PostgreSQL nor SQLite takes. Which of the two a text is for is not known, so that each of its statements may be for either.
 * Nothing is run.
 */
export async function refusedByBoth(text: string): Promise<Fault[]> {
  if (text.length > MAX_LENGTH) return []
  const whole = await validatorsParsing().postgres(text, POSTGRES_MS)
  if (!whole?.refusal) return []
  const end = performance.now() + TOTAL_MS
  const faults: Fault[] = []
  for (const [i, statement] of statementsIn(text).entries()) {
    if (performance.now() > end || faults.length === MOST_FAULTS) break
    if (i % STATEMENTS_A_TURN === STATEMENTS_A_TURN - 1) await Bun.sleep(0)
    faults.push(...(await faultsOf(statement, text)))
  }
  return faults
}

async function faultsOf({ start, text }: Statement, whole: string): Promise<Fault[]> {
  const bySqlite = await sqliteRefusal(text)
  if (!bySqlite) return []
  const byPostgres = (await validatorsParsing().postgres(text, POSTGRES_MS))?.refusal
  if (!byPostgres || !OF_FORM.test(byPostgres.message)) return []
  const { message, offset } = further(byPostgres, { message: bySqlite, offset: await placeOf(text, bySqlite) })
  return [faultAt(whole, start + offset, `Neither PostgreSQL nor SQLite takes this: ${message}`)]
}

/** Where two parsers refuse, the one that came further knows the dialect. */
function further(one: Refusal, other: Refusal): Refusal {
  return other.offset > one.offset ? other : one
}

/** Where SQLite stopped: it names a word, and not its place. */
async function placeOf(statement: string, refusal: string): Promise<number> {
  const end = statement.trimEnd().length
  const named = /^(?:near|unrecognized token:) "([\s\S]*)"/.exec(refusal)?.[1]
  if (!named) return end
  const bare = blankComments(statement)
  let place = bare.indexOf(named)
  for (let tries = 0; place >= 0 && tries < MOST_PLACES; tries++) {
    if ((await sqliteRefusal(statement.slice(0, place + named.length))) === refusal) return place
    place = bare.indexOf(named, place + 1)
  }
  return Math.max(0, bare.indexOf(named))
}
