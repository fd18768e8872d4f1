import { notNamed } from './tally.ts'

/** One thing that went wrong: where it stands, what it is called, and the words that came with it. */
export interface Failure {
  where: string
  what: string
  why: string
}

const MOST_CHARACTERS = 3000
const LINES_EACH = 12
const CHARACTERS_EACH = 400
/** What a failure that is only named may take of the end. */
const CHARACTERS_OF_NAME = 150

/** The failed tests of a JUnit report, as Bun and pytest write it, and those of `files` that it does not name. */
export function junitFailures(report: string, files: string[] = []): Failure[] {
  const failed = /<testcase\b([^>]*)>\s*<(?:failure|error)\b([^>]*)>([^<]*)/g
  const tests = [...report.matchAll(failed)].map(([, test = '', failure = '', text = '']) => ({
    where: attribute(test, 'file') || attribute(test, 'classname'),
    what: attribute(test, 'name'),
    why: attribute(failure, 'message') || plain(text),
  }))
  const unread = notNamed(report, files).map((file) => ({ where: file, what: 'did not run to its end', why: '' }))
  return [...tests, ...unread]
}

interface Suite {
  file?: string
  suites?: Suite[]
  specs?: { title: string; file: string; tests: { status: string; results: { errors?: { message?: string }[] }[] }[] }[]
}

/** The failed tests of Playwright's JSON report, and what went wrong outside of tests. */
export function playwrightFailures(report: string): Failure[] {
  const { suites = [], errors = [] } = JSON.parse(report || '{}') as Suite & { errors?: { message?: string }[] }
  const outside = errors.map(({ message = '' }) => ({ where: 'Playwright', what: '', why: coloursGone(message) }))
  return [...suites.flatMap(failedSpecs), ...outside]
}

function failedSpecs({ suites = [], specs = [] }: Suite): Failure[] {
  const own = specs.flatMap(({ title, file, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ status, results }) => ({
        where: `tests/e2e/${file}`,
        what: status === 'flaky' ? `${title} (passed on another try)` : title,
        why: coloursGone(results.flatMap(({ errors = [] }) => errors).map(({ message = '' }) => message)[0] ?? ''),
      })),
  )
  return [...own, ...suites.flatMap(failedSpecs)]
}

/**
 * What is told of all of them at the very end, where whoever sees only the last part of the output sees it too: each by
 * name as long as there is room, and the first ones with the first lines of their words.
 */
export function told(failures: readonly Failure[], most = MOST_CHARACTERS): string {
  if (failures.length === 0) return ''
  const lines: string[] = []
  let room = most
  for (const [index, failure] of failures.entries()) {
    const others = (failures.length - index - 1) * CHARACTERS_OF_NAME
    const full = named(failure) + firstLines(failure.why)
    const text = full.length + others <= room ? full : named(failure).slice(0, CHARACTERS_OF_NAME)
    if (text.length > room) return [...lines, `... and ${failures.length - index} more.`].join('\n')
    lines.push(text)
    room -= text.length
  }
  return lines.join('\n')
}

function named({ where, what }: Failure): string {
  return ['FAILED', where, what].filter(Boolean).join(' ')
}

function firstLines(why: string): string {
  const lines = why.split('\n').filter((line) => line.trim())
  return lines.length === 0 ? '' : `\n${lines.slice(0, LINES_EACH).join('\n').slice(0, CHARACTERS_EACH)}`
}

function attribute(tag: string, name: string): string {
  return plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function plain(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal || hex) return String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16))
    return NAMED[name] ?? whole
  })
}

function coloursGone(text: string): string {
  return Bun.stripANSI(text)
}
