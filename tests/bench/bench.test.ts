import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/database.ts'
import { median, quantile, type Result, table } from './result.ts'

const MAIN = join(import.meta.dir, 'main.ts')
const bench = (...args: string[]) => Bun.spawnSync([process.execPath, MAIN, ...args])

test('a benchmark is measured in processes of its own, and told as a table and as JSON', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'made', 'bench.json')
  const { stdout, exitCode } = bench('restart', '--runs', '1', '--json', file)
  expect(exitCode).toBe(0)
  expect(stdout.toString()).toMatch(/restart +[\d,.]+ ms +<= 1000 ms/)
  const { machine, results } = JSON.parse(readFileSync(file, 'utf8'))
  expect(machine).toMatchObject({ bun: Bun.version, cores: expect.any(Number) })
  expect(results).toMatchObject([
    { name: 'restart', unit: 'ms', runs: [results[0].value], met: results[0].value <= 1_000 },
  ])
}, 60_000)

test('a benchmark that there is not is said', () => {
  const { exitCode, stderr } = bench('speed')
  expect(exitCode).not.toBe(0)
  expect(stderr.toString()).toContain('no benchmark speed; there are open-streams, fan-out')
})

test('the median and the quantile are of the sorted values, and a missed aim stands out', () => {
  expect([median([9, 1, 5]), median([4, 1, 3, 2])]).toEqual([5, 2.5])
  expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.99)]).toEqual([2, 3])
  const result: Result = {
    name: 'x',
    what: 'all',
    aim: '< 5 ms',
    value: 12.345,
    unit: 'ms',
    met: false,
    runs: [12.345],
  }
  expect(table([result, { ...result, met: true, baseline: { what: 'ms, bare', value: 1234.5 } }]).split('\n')).toEqual([
    '        benchmark  median   aim     baseline        what',
    'MISSED  x          12.3 ms  < 5 ms                  all',
    'met     x          12.3 ms  < 5 ms  1,235 ms, bare  all',
  ])
})
