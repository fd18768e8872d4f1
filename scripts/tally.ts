/** How many tests passed and failed. Skipped ones count as neither. */
export interface Tally {
  passed: number
  failed: number
}

export function sum(tallies: Tally[]): Tally {
  return tallies.reduce((all, one) => ({ passed: all.passed + one.passed, failed: all.failed + one.failed }), {
    passed: 0,
    failed: 0,
  })
}

/**
 * What the JUnit report of `bun test` says. It passes over a file that could not be loaded: each of `files` that it
 * does not name counts as one failure.
 */
export async function bunTally(path: string, files: string[]): Promise<Tally> {
  const text = await textOf(path)
  const totals = /<testsuites\b[^>]*>/.exec(text)?.[0] ?? ''
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0)
  const failed = number('failures') + number('errors')
  const passed = Math.max(0, number('tests') - failed - number('skipped'))
  return { passed, failed: failed + notNamed(text, files).length }
}

/** Those of `files` that a report of `bun test` does not name, since they could not be loaded. */
export function notNamed(report: string, files: string[]): string[] {
  const named = new Set([...report.matchAll(/<testsuite\b[^>]*\bfile="([^"]+)"/g)].map((match) => match[1]))
  return files.filter((file) => !named.has(file))
}

/** What the JUnit report of pytest says; an error while tests are gathered is a failure. */
export async function pytestTally(path: string): Promise<Tally> {
  const totals = /<testsuite\b[^>]*>/.exec(await textOf(path))?.[0] ?? ''
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0)
  const failed = number('failures') + number('errors')
  return { passed: Math.max(0, number('tests') - failed - number('skipped')), failed }
}

/** What the JSON report of Playwright says. A test that passed only on a retry is a failure. */
export async function playwrightTally(path: string): Promise<Tally> {
  const report = JSON.parse((await textOf(path)) || '{}') as { stats?: Record<string, number>; errors?: unknown[] }
  const { expected = 0, unexpected = 0, flaky = 0 } = report.stats ?? {}
  return { passed: expected, failed: unexpected + flaky + (report.errors?.length && !unexpected ? 1 : 0) }
}

async function textOf(path: string): Promise<string> {
  const file = Bun.file(path)
  return (await file.exists()) ? file.text() : ''
}
