import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MARK, sweepOrphans } from '../../src/gpu/processes.ts'
import { startTimeOf } from '../../src/sandbox/start-time.ts'
import { furthestStep, smallSpec, testAttempts, until, workersIn } from '../support/gpu-attempts.ts'

const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** A process that the server would have left: a group of its own, its stdin still open somewhere. */
async function leftBehind(attempts: string, mark: string = join(attempts, 'job-1', '1')) {
  const env = { PATH: '/usr/bin:/bin', [MARK]: mark }
  const child = Bun.spawn(['sleep', '60'], { detached: true, env, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
  await until('it to bear its mark', () => readFileSync(`/proc/${child.pid}/environ`, 'utf8').includes(MARK))
  return child
}

function note(attempts: string, facts: Record<string, unknown>): string {
  const folder = join(attempts, 'job-1', '1')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'process.json'), JSON.stringify(facts))
  return join(folder, 'process.json')
}

test('a child that a dead server has left is killed at boot', async () => {
  using deps = testAttempts()
  const child = await leftBehind(deps.attempts)
  const path = note(deps.attempts, { pid: child.pid, startTime: startTimeOf(child.pid), bootId: BOOT })
  expect(sweepOrphans(deps.attempts)).toEqual([child.pid])
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
  expect(existsSync(path)).toBe(false)
})

test.each([
  ['a pid that another process has by now', { startTime: '1' }],
  ['a pid of an earlier boot', { bootId: '00000000-0000-0000-0000-000000000000' }],
  ['a process that a worker has named, and that is none of the attempt’s', {}],
])('%s is never hit', async (_what, wrong) => {
  using deps = testAttempts()
  const child = await leftBehind(deps.attempts, 'none')
  note(deps.attempts, { pid: child.pid, startTime: startTimeOf(child.pid), bootId: BOOT, ...wrong })
  expect(sweepOrphans(deps.attempts)).toEqual([])
  expect(startTimeOf(child.pid)).not.toBeNull()
  child.kill('SIGKILL')
  await child.exited
})

test('nothing to sweep, or a note that is not one, is no trouble', () => {
  using deps = testAttempts()
  expect(sweepOrphans(join(deps.attempts, 'absent'))).toEqual([])
  note(deps.attempts, { pid: 1 })
  expect(sweepOrphans(deps.attempts)).toEqual([])
})

test('a child ends by itself when its server is killed, and leaves a checkpoint', async () => {
  using deps = testAttempts()
  const spec = smallSpec({ params: { steps: 50 }, stepMs: 60 })
  const server = Bun.spawn(
    [process.execPath, `${import.meta.dir}/../support/gpu-parent-main.ts`, deps.attempts, JSON.stringify(spec)],
    { stdout: 'pipe', stderr: 'inherit' },
  )
  let said = ''
  for await (const chunk of server.stdout) {
    said += new TextDecoder().decode(chunk)
    if (said.includes('step 4')) break
  }
  expect(workersIn(deps.attempts)).toHaveLength(1)
  server.kill('SIGKILL')
  await server.exited
  await until('the child to end', () => workersIn(deps.attempts).length === 0)
  expect(furthestStep(deps.attempts)).toBeGreaterThanOrEqual(4)
})

test('a grandchild that has left the group of its worker is found by its mark and killed at boot', async () => {
  using deps = testAttempts()
  const env = { HEARTH_ATTEMPT: join(deps.attempts, 'job-1', '1') }
  const child = Bun.spawn(['sleep', '60'], {
    env: { ...process.env, ...env },
    detached: true,
    stdin: 'ignore',
  })
  const other = Bun.spawn(['sleep', '60'], { env: { ...process.env, HEARTH_ATTEMPT: '/elsewhere/job-1/1' } })
  expect(sweepOrphans(deps.attempts)).toEqual([child.pid])
  await child.exited
  expect([child.signalCode, other.killed]).toEqual(['SIGKILL', false])
  expect(startTimeOf(other.pid)).not.toBeNull()
  other.kill('SIGKILL')
  await other.exited
})
