import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Failure, junitFailures, playwrightFailures, told } from '../../scripts/failures.ts'
import { ownFolder } from '../support/folders.ts'

const FAILING = `
import { describe, expect, test } from 'bun:test'
describe('two & two', () => test('are <"five">', () => expect(2 + 2).toBe(5)))
test('slow', () => Bun.sleep(5000), 20)
test('fine', () => {})
test.skip('left', () => {})
`
const PYTEST =
  '<testsuites><testsuite name="pytest"><testcase classname="sketch.tests.test_a" name="test_fine" time="1" />' +
  '<testcase classname="sketch.tests.test_a" name="test_b[x]"><failure message="assert 1 == 2&#10; +  where">def test_b' +
  '</failure></testcase><testcase classname="" name="gpu.test_c"><error message="collection failure">E  no module' +
  '</error></testcase></testsuite></testsuites>'
const OUTSIDE = { errors: [{ message: 'no browser' }], suites: [] }

function playwright(status: string): string {
  const test = { status, results: [{ errors: [{ message: '\u001b[31mError\u001b[39m: not there\nCall log' }] }] }
  const specs = (title: string, file: string, tests: unknown[]) => [{ title, file, tests }]
  const inner = { suites: [], specs: specs('a page', 'job.e2e.ts', [test]) }
  return JSON.stringify({
    suites: [{ suites: [inner], specs: specs('fine', 'a.e2e.ts', [{ ...test, status: 'expected' }]) }],
  })
}

describe('what failed is told by name', () => {
  test('as Bun’s own report has it, with a file that could not be loaded', async () => {
    using folder = ownFolder('hearth-failures')
    await Bun.write(join(folder.path, 'a.test.ts'), FAILING)
    await Bun.write(join(folder.path, 'b.test.ts'), "import './nowhere.ts'")
    const into = ['--reporter=junit', '--reporter-outfile=out.xml']
    const run = Bun.spawnSync([process.execPath, 'test', '--parallel=2', '--no-isolate', ...into], {
      cwd: folder.path,
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    expect(run.exitCode).toBe(1)
    const report = await Bun.file(join(folder.path, 'out.xml')).text()
    const [five, slow, unread, ...others] = junitFailures(report, ['a.test.ts', 'b.test.ts'])
    expect(five).toMatchObject({ where: 'a.test.ts', what: 'are <"five">' })
    expect(five!.why).toContain('Expected: 5\nReceived: 4')
    expect(slow).toEqual({ where: 'a.test.ts', what: 'slow', why: 'test timed out' })
    expect(unread).toEqual({ where: 'b.test.ts', what: 'did not run to its end', why: '' })
    expect(others).toEqual([])
  })

  test('as pytest’s report has it, with what could not be gathered', () => {
    expect(junitFailures(PYTEST)).toEqual([
      { where: 'sketch.tests.test_a', what: 'test_b[x]', why: 'assert 1 == 2\n +  where' },
      { where: '', what: 'gpu.test_c', why: 'collection failure' },
    ])
  })

  test('as Playwright’s report has it, without colours, with what failed outside of tests', () => {
    const failure = { where: 'tests/e2e/job.e2e.ts', what: 'a page', why: 'Error: not there\nCall log' }
    expect(playwrightFailures(playwright('unexpected'))).toEqual([failure])
    const flaky = { ...failure, what: 'a page (passed on another try)' }
    expect(playwrightFailures(playwright('flaky'))).toEqual([flaky])
    expect(playwrightFailures(playwright('expected'))).toEqual([])
    expect(playwrightFailures(JSON.stringify(OUTSIDE))).toEqual([{ where: 'Playwright', what: '', why: 'no browser' }])
  })

  test('and nothing is told where there is no report', () => {
    expect([...junitFailures(''), ...playwrightFailures('')]).toEqual([])
    expect(told([])).toBe('')
  })
})

describe('the end of the output', () => {
  const many = (count: number): Failure[] =>
    Array.from({ length: count }, (_, n) => ({
      where: `tests/${n}.test.ts`,
      what: 'is right',
      why: 'why\n'.repeat(300),
    }))

  test('has each failure with the first lines of its words', () => {
    expect(told([{ where: 'tests/a.test.ts', what: 'is right', why: 'Expected: 1\n\nReceived: 2' }])).toBe(
      'FAILED tests/a.test.ts is right\nExpected: 1\nReceived: 2',
    )
    expect(told([{ where: 'Biome', what: '', why: 'exit code 1' }])).toBe('FAILED Biome\nexit code 1')
    expect(told(many(1)).split('\n').length).toBeLessThan(20)
  })

  test.each([2, 15, 40, 5000])('stays short with %d failures, and names as many as fit', (count) => {
    const text = told(many(count))
    expect(text.length).toBeLessThan(3200)
    const names = text.match(/^FAILED tests\/\d+\.test\.ts is right$/gm)!.length
    const more = Number(/\.\.\. and (\d+) more\.$/.exec(text)?.[1] ?? 0)
    expect(names + more).toBe(count)
    expect(names).toBeGreaterThanOrEqual(Math.min(count, 19))
  })
})
