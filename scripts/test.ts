// `npm test` or `bun run test`: all that CI runs. Ends with one line, `N passed, N failed`; a check that fails counts as one.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bubblewrapForTests } from './bubblewrap.ts'
import { chromiumForTests } from './chromium.ts'
import { type Failure, junitFailures, playwrightFailures, told } from './failures.ts'
import { nginxForTests } from './nginx.ts'
import { beginPython, type PythonForTests } from './python.ts'
import { bunTally, playwrightTally, pytestTally, sum, type Tally } from './tally.ts'

const ROOT = join(import.meta.dir, '..')
const REPORTS = join(ROOT, 'dist/reports')
const OLDEST_NODE_FOR_PLAYWRIGHT = 20

/** Test files that nothing runs beside; the others run two at a time. */
const ALONE = ['tests/streams/', 'tests/bench/', 'tests/crash/random', 'tests/db/writer']

const LAST_LINES = 5

/** What could not be run, or said itself that it failed. */
const broken: Failure[] = []

const NOTHING: Tally = { passed: 0, failed: 0 }
const ONE_FAILED: Tally = { passed: 0, failed: 1 }

async function main(): Promise<number> {
  process.chdir(ROOT)
  rmSync(REPORTS, { recursive: true, force: true })
  mkdirSync(REPORTS, { recursive: true })
  const setUpLog = join(REPORTS, 'python-setup.log')
  const python = beginPython(process.env, setUpLog)
  const nginx = nginxForTests(process.env)
  bubblewrapForTests(process.env)
  const env: Record<string, string> = nginx ? { NGINX: nginx } : {}
  const total = sum([
    lint(),
    types(),
    await bunTests('together', env),
    await browserTests(),
    await pythonTests(await python, setUpLog),
    await bunTests('alone', env), // last: nothing is being fetched any more
  ])
  console.log(`\n${told([...failedTests(), ...broken])}`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

/** By name, from the reports: whoever sees only the end of the output sees what failed. */
function failedTests(): Failure[] {
  const report = (name: string) => (existsSync(join(REPORTS, name)) ? readFileSync(join(REPORTS, name), 'utf8') : '')
  return [
    ...junitFailures(report('bun-together.xml'), bunTestFiles('together')),
    ...playwrightFailures(report('playwright.json')),
    ...junitFailures(report('pytest.xml')),
    ...junitFailures(report('bun-alone.xml'), bunTestFiles('alone')),
  ]
}

function lint(): Tally {
  return check('Biome', [process.execPath, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'])
}

function types(): Tally {
  return check('tsc', [process.execPath, 'node_modules/typescript/bin/tsc'])
}

async function pythonTests(ready: PythonForTests | undefined, log: string): Promise<Tally> {
  console.log(`\n== Python\n${readFileSync(log, 'utf8').split('\n').slice(-LAST_LINES).join('\n')}`)
  if (!ready) {
    fails('hearth gpu setup', `The workers could not be tested.\n${readFileSync(`${log}.errors`, 'utf8')}`)
    return ONE_FAILED
  }
  const { python, ruff, env } = ready
  const report = join(REPORTS, 'pytest.xml')
  const looks = [check('ruff', [ruff, 'check', 'gpu']), check('ruff format', [ruff, 'format', '--check', 'gpu'])]
  const withBun = { ...env, HEARTH_TEST_BUN: process.execPath }
  const ok = run('pytest', [python, '-m', 'pytest', 'gpu', '-q', `--junitxml=${report}`], withBun)
  return sum([...looks, settle(ok, await pytestTally(report))])
}

/** Most files run two at a time; what measures runs alone. */
async function bunTests(which: 'together' | 'alone', env: Record<string, string>): Promise<Tally> {
  const files = bunTestFiles(which)
  const how = which === 'alone' ? [] : ['--parallel=2', '--no-isolate']
  return bunTest(`bun-${which}`, files, how, env)
}

async function bunTest(name: string, files: string[], how: string[], env: Record<string, string>): Promise<Tally> {
  const report = join(REPORTS, `${name}.xml`)
  const command = [process.execPath, 'test', ...how, '--timeout=60000']
  const into = ['--reporter=junit', `--reporter-outfile=${report}`]
  const ok = run(`bun test, ${files.length} files`, [...command, ...into, ...files.map((file) => `./${file}`)], env)
  return settle(ok, await bunTally(report, files))
}

function bunTestFiles(which: 'together' | 'alone'): string[] {
  const files = [...new Bun.Glob('tests/**/*.{test,spec}.{ts,tsx}').scanSync(ROOT)]
  const isAlone = (file: string) => ALONE.some((place) => file.startsWith(place))
  return files.filter((file) => !file.startsWith('tests/e2e/') && isAlone(file) === (which === 'alone'))
}

async function browserTests(): Promise<Tally> {
  if ([...new Bun.Glob('tests/e2e/**/*.{e2e,spec,test}.ts').scanSync(ROOT)].length === 0) return NOTHING
  const report = join(REPORTS, 'playwright.json')
  try {
    const env = { CHROMIUM: chromiumForTests(process.env), PLAYWRIGHT_JSON_OUTPUT_FILE: report }
    const command = [nodeOrBun(), 'node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json']
    return settle(run('Playwright', command, env), await playwrightTally(report))
  } catch (error) {
    fails('Playwright', (error as Error).message)
    return ONE_FAILED
  }
}

/** Playwright is made for Node: Bun runs it where there is no Node that is new enough. */
function nodeOrBun(): string {
  const node = Bun.which('node')
  const version = node ? Bun.spawnSync([node, '--version']).stdout.toString() : ''
  return node && Number(/^v(\d+)/.exec(version)?.[1]) >= OLDEST_NODE_FOR_PLAYWRIGHT ? node : process.execPath
}

/** What says little is kept, so that its first words can be told at the end too. */
function check(name: string, command: string[]): Tally {
  return run(name, command, {}, 'pipe') ? NOTHING : ONE_FAILED
}

/** A run that failed without a failed test (a crash, no report) still counts as one failure. */
function settle(ok: boolean, tally: Tally): Tally {
  return ok || tally.failed > 0 ? tally : { ...tally, failed: 1 }
}

function run(
  name: string,
  command: string[],
  env: Record<string, string>,
  words: 'inherit' | 'pipe' = 'inherit',
): boolean {
  console.log(`\n== ${name}`)
  try {
    const done = Bun.spawnSync(command, { env: { ...process.env, ...env }, stdio: ['ignore', words, words] })
    const said = `${done.stdout ?? ''}${done.stderr ?? ''}`
    process.stdout.write(said)
    if (done.exitCode !== 0) fails(name, `exit code ${done.exitCode}\n${said}`)
    return done.exitCode === 0
  } catch (error) {
    fails(name, `it could not be run: ${(error as Error).message}`)
    return false
  }
}

function fails(name: string, why: string): void {
  console.error(`${name} failed: ${why.split('\n')[0]}`)
  broken.push({ where: name, what: '', why })
}

process.exit(await main())
