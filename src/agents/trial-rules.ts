/** Lines around the place that a failure names, and the most characters of them. */
const AROUND = 8
const MOST_EXCERPT = 1_200

const NOT_THERE = 127
const NOT_RUNNABLE = 126
const NO_TESTS = /\b(No tests found|NO TESTS RAN|Ran 0 tests|no test files|collected 0 items)\b/i
const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ENETUNREACH|getaddrinfo|Temporary failure in name resolution|Could not resolve host|failed to (download|fetch|get)|dial tcp|network is unreachable|ConnectionRefused|Unable to connect)\b/i
const PACKAGES = [
  /Cannot find (?:module|package) ['"]([^'"./][^'"]*)['"]/g,
  /Could not resolve: ?['"]([^'"./][^'"]*)['"]/g,
  /No module named ['"]([\w.]+)['"]/g,
  /no required module provides package ([\w./-]+)/g,
  /no matching package named `([^`]+)`/g,
]

/**
 * What a failed command lacked that no file of the project can give: a program, a package, the network, a test. Undefined
 * when there is nothing of the kind: then the failure counts.
 */
export function missing(output: string, code: number, paths: readonly string[]): string | undefined {
  if (code === NOT_THERE || code === NOT_RUNNABLE) return 'a program that it needs is not installed here'
  if (NO_TESTS.test(output)) return 'there was nothing to test'
  if (code === 0) return undefined
  const stranger = packagesIn(output).find((name) => !isOwn(name, paths))
  if (stranger) return `it needs the package ${stranger}, which can’t be fetched: the sandbox has no network`
  return NO_NETWORK.test(output) ? 'it wants the network, which the sandbox does not have' : undefined
}

/**
 * The file of the project that a failure is about: the one that is named with a line number, a source before a test of it;
 * undefined when none is.
 */
export function blamed(output: string, paths: readonly string[]): string | undefined {
  const placed = paths
    .map((path) => ({ path, at: firstPlace(output, path) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
  return (placed.find(({ path }) => !isTest(path)) ?? placed[0])?.path
}

/** The lines around where the file is named first; else the last ones. */
export function excerptOf(output: string, path: string | undefined): string {
  const lines = output.trimEnd().split('\n')
  const at = path === undefined ? -1 : lines.findIndex((line) => firstPlace(line, path) >= 0)
  const shown = at < 0 ? lines.slice(-AROUND) : lines.slice(Math.max(0, at - AROUND), at + AROUND)
  return shown.join('\n').trim().slice(0, MOST_EXCERPT)
}

function packagesIn(output: string): string[] {
  return PACKAGES.flatMap((pattern) => [...output.matchAll(pattern)].map((match) => match[1]!))
}

/** A module of the project itself, which its files could and should have: that is a failure of theirs. */
function isOwn(name: string, paths: readonly string[]): boolean {
  const [top] = name.split(/[./]/)
  return paths.some((path) => path.split('/').some((part) => part === top || part.replace(/\.\w+$/, '') === top))
}

/** Where a path stands with a line number, as compilers and test runners write it: `a.ts:3`, `a.ts(3,`, `"a.py", line 3`. */
function firstPlace(output: string, path: string): number {
  const name = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return output.search(new RegExp(`(?<![\\w./-])(?:/work/|\\./)?${name}(?::\\d+|\\(\\d+|["'], line \\d+)`))
}

function isTest(path: string): boolean {
  return /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.|(^|\/)test_/.test(path)
}
