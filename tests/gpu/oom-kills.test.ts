import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { kernelOomKills } from '../../src/gpu/oom-kills.ts'
import { temporaryFolder } from '../support/database.ts'

const V2 = { 'proc/self/cgroup': '0::/box\n', 'sys/fs/cgroup/box/memory.events': 'low 0\noom 4\noom_kill 3\n' }
const V1 = {
  'proc/self/cgroup': '5:cpu,cpuacct:/\n4:memory:/box\n0::/\n',
  'sys/fs/cgroup/memory/box/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
}
const NEITHER = { 'proc/self/cgroup': '0::/\n', 'proc/vmstat': 'pgfault 1\noom_kill 7\n' }

test.each([
  ['control groups v2', V2, 3],
  ['control groups v1', V1, 2],
  ['no group that can be read', NEITHER, 7],
  ['nothing at all', {}, null],
] as const)('kills for want of memory are counted by %s', (_what, files, count) => {
  using root = temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root.path, path)), { recursive: true })
    writeFileSync(join(root.path, path), text)
  }
  expect(kernelOomKills(root.path)()).toBe(count)
})
