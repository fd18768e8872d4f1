// `npm test` or `bun run test`: all that CI runs. Ends with one line, `N passed, N failed`; a check that fails counts as one.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bubblewrapForTests } from './bubblewrap.ts'
import { chromiumForTests } from './chromium.ts'
import { nginxForTests } from './nginx.ts'
import { beginPython, type PythonForTests } from './python.ts'
import { bunTally, playwrightTally, pytestTally, sum, type Tally } from './tally.ts'

const ROOT = join(import.meta.dir, '..')
const REPORTS = join(ROOT, 'dist/reports')
const OLDEST_NODE_FOR_PLAYWRIGHT = 20

/** Test files that nothing runs beside; the others run two at a time. */
const ALONE = ['tests/streams/', 'tests/bench/', 'tests/crash/random', 'tests/db/writer']

const LAST_LINES = 5

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
  console.log(`${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
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
    console.error(`The workers could not be tested: hearth gpu setup failed.\n${readFileSync(`${log}.errors`, 'utf8')}`)
    return ONE_FAILED
  }
  const { python, ruff, env } = ready
  const report = join(REPORTS, 'pytest.xml')
  const looks = [check('ruff', [ruff, 'check', 'gpu']), check('ruff format', [ruff, 'format', '--check', 'gpu'])]
  const ok = run('pytest', [python, '-m', 'pytest', 'gpu', '-q', `--junitxml=${report}`], env)
  return sum([...looks, settle(ok, await pytestTally(report))])
}

/** Most files run two at a time; what measures runs alone. */
async function bunTests(which: 'together' | 'alone', env: Record<string, string>): Promise<Tally> {
  const files = bunTestFiles().filter((file) => isAlone(file) === (which === 'alone'))
  const how = which === 'alone' ? [] : ['--parallel=2', '--no-isolate']
  return bunTest(`bun-${which}`, files, how, env)
}

async function bunTest(name: string, files: string[], how: string[], env: Record<string, string>): Promise<Tally> {
  const report = join(REPORTS, `${name}.xml`)
  const command = [process.execPath, 'test', ...how, '--timeout=20000']
  const told = ['--reporter=junit', `--reporter-outfile=${report}`]
  const ok = run(`bun test, ${files.length} files`, [...command, ...told, ...files.map((file) => `./${file}`)], env)
  return settle(ok, await bunTally(report, files))
}

/** Measures how fast something is, or uses both cores by itself. */
function isAlone(file: string): boolean {
  return ALONE.some((place) => file.startsWith(place))
}

function bunTestFiles(): string[] {
  return [...new Bun.Glob('tests/**/*.{test,spec}.{ts,tsx}').scanSync(ROOT)].filter(
    (file) => !file.startsWith('tests/e2e/'),
  )
}

async function browserTests(): Promise<Tally> {
  if ([...new Bun.Glob('tests/e2e/**/*.{e2e,spec,test}.ts').scanSync(ROOT)].length === 0) return NOTHING
  const report = join(REPORTS, 'playwright.json')
  try {
    const env = { CHROMIUM: chromiumForTests(process.env), PLAYWRIGHT_JSON_OUTPUT_FILE: report }
    const command = [nodeOrBun(), 'node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json']
    return settle(run('Playwright', command, env), await playwrightTally(report))
  } catch (error) {
    console.error((error as Error).message)
    return ONE_FAILED
  }
}

/** Playwright is made for Node: Bun runs it where there is no Node that is new enough. */
function nodeOrBun(): string {
  const node = Bun.which('node')
  const version = node ? Bun.spawnSync([node, '--version']).stdout.toString() : ''
  return node && Number(/^v(\d+)/.exec(version)?.[1]) >= OLDEST_NODE_FOR_PLAYWRIGHT ? node : process.execPath
}

function check(name: string, command: string[]): Tally {
  return run(name, command) ? NOTHING : ONE_FAILED
}

/** A run that failed without a failed test (a crash, no report) still counts as one failure. */
function settle(ok: boolean, tally: Tally): Tally {
  return ok || tally.failed > 0 ? tally : { ...tally, failed: 1 }
}

function run(name: string, command: string[], env: Record<string, string> = {}): boolean {
  console.log(`\n== ${name}`)
  try {
    const done = Bun.spawnSync(command, { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] })
    if (done.exitCode !== 0) console.error(`${name} failed (exit code ${done.exitCode}).`)
    return done.exitCode === 0
  } catch (error) {
    console.error(`${name} could not be run: ${(error as Error).message}`)
    return false
  }
}

process.exit(await main())
