import { evals, loads } from './code.ts'
import { crypto } from './crypto.ts'
import type { Finding, Hit, Severity } from './finding.ts'
import { hidden } from './hidden.ts'
import { html } from './html.ts'
import { paths } from './path.ts'
import { entropy } from './placeholders.ts'
import { secrets } from './secrets.ts'
import { shell } from './shell.ts'
import { placeOf, type Source, sourceOf } from './source.ts'
import { sql } from './sql.ts'

/** Most findings of one file. */
const MOST = 100
const LONGEST_EXCERPT = 160
/** What stands for a secret. */
const BLOT = '[secret]'

const DANGERS = [shell, evals, loads, sql, html, paths, crypto, hidden]
const RANK: Readonly<Record<Severity, number>> = { high: 0, medium: 1, low: 2 }

/**
 * Secrets and dangerous calls in a text, the gravest first and then by line. Pure, and linear in the text's length whatever
 * it holds. It reads one file at a time and knows no types: what it does not find is not safe for that. Secrets are looked for
 * everywhere, comments and documents too; calls only in code.
 */
export function scan(path: string, text: string): Finding[] {
  if (text === '' || text.includes('\0')) return []
  const source = sourceOf(path, text)
  const kept = secrets(source)
  const hits = unique([...kept, ...DANGERS.flatMap((rule) => rule(source))], source)
  const spans = kept.flatMap(({ secret }) => (secret ? [secret] : []))
  return hits
    .sort((a, b) => RANK[a.severity] - RANK[b.severity] || a.at - b.at)
    .slice(0, MOST)
    .map((hit) => finding(source, hit, spans))
}

/** One of a rule on a line, and of a secret the most exact. */
function unique(hits: Hit[], source: Source): Hit[] {
  const seen = new Map<string, Hit>()
  for (const hit of hits) {
    const { line } = placeOf(source, hit.at)
    const key = `${hit.secret ? 'secret' : hit.rule} ${line}`
    const known = seen.get(key)
    if (!known || RANK[hit.severity] < RANK[known.severity]) seen.set(key, hit)
  }
  return [...seen.values()]
}

function finding(source: Source, { rule, severity, at, reason }: Hit, spans: [number, number][]): Finding {
  const { line, column } = placeOf(source, at)
  return { rule, severity, line, column, excerpt: excerptOf(source, line, column, spans), reason }
}

/** The line, from its beginning or from near the place, with each secret blotted out. */
function excerptOf({ text, lines }: Source, line: number, column: number, spans: [number, number][]): string {
  const start = lines[line - 1]!
  const from = column > LONGEST_EXCERPT ? start + column - 1 : start
  const to = Math.min(lines[line] ?? text.length, from + 4 * LONGEST_EXCERPT)
  let shown = ''
  let at = from
  for (const [begin, end] of spans.filter(([begin, end]) => end > from && begin < to).sort(([a], [b]) => a - b)) {
    if (end <= at) continue
    shown += text.slice(at, Math.max(at, begin)) + BLOT
    at = end
  }
  const excerpt = `${shown}${text.slice(at, Math.max(at, to))}`.trim().replace(INVISIBLE, '·').replace(RANDOM, blotted)
  return excerpt.length > LONGEST_EXCERPT ? `${excerpt.slice(0, LONGEST_EXCERPT - 1)}…` : excerpt
}

/** What may be a secret that no rule knows: in an excerpt it is not shown. */
const RANDOM = /[\w+/=!-]{12,}/g

function blotted(word: string): string {
  return /\d/.test(word) && /[A-Za-z]/.test(word) && entropy(word) >= 3.4 ? BLOT : word
}

/** What would turn or hide the excerpt itself. */
const INVISIBLE = /[\u0000-\u0008\u000B-\u001F\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]|\uDB40[\uDC00-\uDDEF]/g
