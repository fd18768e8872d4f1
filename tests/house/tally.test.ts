import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { bunTally, playwrightTally, pytestTally, sum } from '../../scripts/tally.ts'
import { ownFolder } from '../support/folders.ts'

const own = ownFolder('hearth-tally')
const folder = own.path
afterAll(() => own[Symbol.dispose]())

async function report(name: string, text: string): Promise<string> {
  await Bun.write(join(folder, name), text)
  return join(folder, name)
}

const SUITE = '<testsuite name="a" file="tests/a.test.ts" tests="10">'
const TOTALS = '<testsuites name="bun test" tests="10" assertions="3" failures="2" skipped="1">'

test('a JUnit report gives its passed and failed tests, without the skipped ones', async () => {
  const path = await report('bun.xml', TOTALS + SUITE)
  expect(await bunTally(path, ['tests/a.test.ts'])).toEqual({ passed: 7, failed: 2 })
})

test('a test file that the report does not name, since it could not be loaded, is a failure', async () => {
  const path = await report('bun.xml', TOTALS + SUITE)
  expect(await bunTally(path, ['tests/a.test.ts', 'tests/broken.test.ts'])).toEqual({ passed: 7, failed: 3 })
})

test('a Playwright report counts a flaky test, and an error outside a test, as a failure', async () => {
  const flaky = await report('a.json', '{"stats":{"expected":4,"unexpected":1,"flaky":1,"skipped":2},"errors":[]}')
  expect(await playwrightTally(flaky)).toEqual({ passed: 4, failed: 2 })
  const broken = await report('b.json', '{"stats":{"expected":0,"unexpected":0},"errors":[{"message":"no"}]}')
  expect(await playwrightTally(broken)).toEqual({ passed: 0, failed: 1 })
})

test('a report of pytest counts what failed and what could not be gathered, and no skipped test', async () => {
  const totals =
    '<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10">'
  expect(await pytestTally(await report('py.xml', totals))).toEqual({ passed: 4, failed: 3 })
})

test('no report is no test, neither passed nor failed', async () => {
  expect(await bunTally(join(folder, 'none.xml'), [])).toEqual({ passed: 0, failed: 0 })
  expect(await playwrightTally(join(folder, 'none.json'))).toEqual({ passed: 0, failed: 0 })
  expect(await pytestTally(join(folder, 'none.xml'))).toEqual({ passed: 0, failed: 0 })
  expect(sum([])).toEqual({ passed: 0, failed: 0 })
})
