import { expect, test } from 'bun:test'
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { howToMend } from '../../src/sandbox/probe.ts'
import { openSandbox } from '../../src/sandbox/sandbox.ts'
import { temporaryFolder } from '../support/database.ts'

/** A machine without bubblewrap, with an engine that speaks as Docker does. */
function machine(image: string | undefined) {
  const folder = temporaryFolder()
  const engine = join(folder.path, 'docker')
  copyFileSync(join(import.meta.dir, 'engine.sh'), engine)
  const programs = { bubblewrap: null, engine }
  return {
    sandbox: openSandbox({ clock: systemClock, data: '/none', readable: [], image, programs }),
    args: () => readFileSync(join(folder.path, 'args'), 'utf8').split('\n'),
    containers: () => readdirSync(folder.path).filter((name) => name.startsWith('hearth-')),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

test('without bubblewrap a named image’s container holds the run: its files go in and out, its output comes, and it is gone after', async () => {
  using here = machine('tools:1')
  expect(await here.sandbox.available()).toEqual({ kind: 'container' })
  const said: string[] = []
  const { end, back, tail } = await here.sandbox.run({
    files: [{ path: 'a.txt', content: 'one\n' }],
    command: ['sh', '-c', 'cat a.txt; echo $MINE; echo two >> a.txt; echo oh >&2; exit 5'],
    env: { MINE: 'yes' },
    onOutput: (text) => said.push(text),
    takesBack: true,
  })
  expect(end).toEqual({ why: 'exit', code: 5 })
  expect(said.join('')).toContain('one\nyes\n')
  expect(tail).toContain('oh\n')
  if (!back || 'refused' in back) throw new Error(JSON.stringify(back))
  expect([...back.changed].map(([path, bytes]) => [path, Buffer.from(bytes).toString()])).toEqual([
    ['a.txt', 'one\ntwo\n'],
  ])
  expect(here.containers()).toEqual([])
})

test('a container has no network, no capability, a read-only root, and every limit', async () => {
  using here = machine('tools:1')
  await here.sandbox.run({
    files: [],
    command: ['true'],
    limits: { memoryBytes: 1e9, processes: 77, diskBytes: 5e6, files: 99 },
  })
  const args = here.args()
  const after = (flag: string) => args.flatMap((arg, i) => (arg === flag ? [args[i + 1]] : []))
  expect(after('--network')).toEqual(['none'])
  expect(after('--cap-drop')).toEqual(['ALL'])
  expect(after('--security-opt')).toEqual(['no-new-privileges'])
  expect(after('--pull')).toEqual(['never'])
  expect(after('--user')).toEqual(['1000:1000'])
  expect(after('--pids-limit')).toEqual(['77'])
  expect([...after('--memory'), ...after('--memory-swap')]).toEqual(['1000000000b', '1000000000b'])
  expect(after('--tmpfs')).toEqual(
    ['/work', '/tmp'].map((path) => `${path}:rw,exec,nosuid,nodev,mode=1777,size=5000000,nr_inodes=99`),
  )
  expect(args).toContain('--read-only')
  expect(args.filter((arg) => /^(-v|--volume|--mount|--privileged|--device|--publish)/.test(arg))).toEqual([])
})

test.each([
  ['its time', { command: 'sleep 63.5', limits: { wallMs: 300 } }, 'time'],
  ['more output than it may have', { command: 'yes', limits: { outputBytes: 100_000 } }, 'output'],
])('a container is taken away at %s', async (_what, { command, limits }, why) => {
  using here = machine('tools:1')
  const { end } = await here.sandbox.run({ files: [], command: ['sh', '-c', command], limits })
  expect(end.why).toBe(why as typeof end.why)
  expect(here.containers()).toEqual([])
})

test('a container is taken away when its run is cancelled', async () => {
  using here = machine('tools:1')
  const stopping = new AbortController()
  const { end } = await here.sandbox.run({
    files: [],
    command: ['sh', '-c', 'echo up; sleep 63.5'],
    signal: stopping.signal,
    onOutput: () => stopping.abort(),
  })
  expect(end.why).toBe('stopped')
  expect(here.containers()).toEqual([])
})

test('without either nothing is run, and it says how to get one', async () => {
  using none = machine(undefined)
  const refused =
    'Nothing that was generated is run on this machine: bubblewrap is not installed: install it (apt install bubblewrap).'
  expect(await none.sandbox.available()).toEqual({ refused })
  await expect(none.sandbox.run({ files: [], command: ['true'] })).rejects.toMatchObject({
    code: 'no_sandbox',
    message: refused,
  })
  using absent = machine('absent')
  expect(await absent.sandbox.available()).toEqual({
    refused: `${refused} No container of HEARTH_SANDBOX_IMAGE can be had (docker: Error response from daemon: No such image: absent.).`,
  })
})

test('what was there and is gone is said in words, and looked for anew', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755) // a server that is root runs code as nobody
  const bubblewrap = join(folder.path, 'bwrap')
  copyFileSync(Bun.which('bwrap')!, bubblewrap)
  const sandbox = openSandbox({
    clock: systemClock,
    data: '/none',
    readable: [],
    programs: { bubblewrap, engine: null },
  })
  expect(await sandbox.available()).toEqual({ kind: 'bubblewrap' })
  rmSync(bubblewrap)
  await expect(sandbox.run({ files: [], command: ['true'] })).rejects.toMatchObject({ code: 'no_sandbox' })
  expect(await sandbox.available()).toHaveProperty('refused')
})

test.each([
  ['bwrap: Unknown option --size', 'too old'],
  ['bwrap: Creating new namespace failed: Operation not permitted', 'must allow user namespaces'],
  ['bwrap: setting up uid map: Permission denied', 'must allow user namespaces'],
  ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", 'masks /proc'],
  ["bwrap: Can't mkdir /opt/x: Permission denied", 'HEARTH_SANDBOX_READ'],
  ['bwrap: something new', 'something new'],
])('what bubblewrap says is told with what to do: %s', (wrong, told) => {
  expect(howToMend(wrong)).toContain(told)
})
