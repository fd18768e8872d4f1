import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { devicesHere, openProbe } from '../../src/gpu/devices/probe.ts'
import { toolRunner } from '../../src/gpu/devices/tool.ts'

const folder = mkdtempSync(join(tmpdir(), 'hearth-smi-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A folder for the PATH in which `nvidia-smi` is this script. */
function toolFolder(script: string): string {
  const path = mkdtempSync(join(folder, 'path-'))
  writeFileSync(join(path, 'nvidia-smi'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(path, 'nvidia-smi'), 0o755)
  return path
}

const MIB = 1024 ** 2
const lookIn = (path: string) => devicesHere(openProbe({ run: toolRunner(path, 400) }))
/** The GPUs; the CPU comes last. */
const gpusOf = async (script: string) => (await lookIn(toolFolder(script))).slice(0, -1)

test('each GPU comes with its UUID, its total and its free memory', async () => {
  const line =
    'cat <<X\n0, GPU-1a2b, NVIDIA GeForce RTX 4090, 24564, 1020, 23031\n1, GPU-3c4d, NVIDIA RTX A2000, 6138, 5000, 1138\nX'
  expect(await gpusOf(line)).toEqual([
    {
      id: 'GPU-1a2b',
      name: 'NVIDIA GeForce RTX 4090',
      kind: 'cuda',
      totalBytes: 24564 * MIB,
      freeBytes: 23031 * MIB,
      index: 0,
    },
    { id: 'GPU-3c4d', name: 'NVIDIA RTX A2000', kind: 'cuda', totalBytes: 6138 * MIB, freeBytes: 1138 * MIB, index: 1 },
  ])
})

test('a field that is not available is worked out, and one that says nothing has none', async () => {
  const found = await gpusOf(
    'echo "0, GPU-a, NVIDIA A100, 40960, 960, [N/A]"; echo "1, GPU-b, NVIDIA GB10, [N/A], [N/A], [N/A]"',
  )
  expect(found.map(({ id, freeBytes }) => [id, freeBytes])).toEqual([
    ['GPU-a', 40000 * MIB],
    ['GPU-b', 0],
  ])
})

test.each([
  ['fails', 'echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18'],
  ['prints garbage', 'echo "No devices were found"'],
  ['prints nothing', 'true'],
  ['says something and then fails', 'echo "0, GPU-a, A100, 40960, 960, 40000"; exit 1'],
  ['hangs', 'sleep 5'],
])('a tool that %s leaves the CPU', async (_what, script) => {
  const [device, ...more] = await lookIn(toolFolder(script))
  expect(more).toEqual([])
  expect(device).toMatchObject({ id: 'cpu', kind: 'cpu', name: expect.stringContaining('CPU') })
  expect(device!.totalBytes).toBeGreaterThan(0)
})

test('a machine without the tool has its CPU', async () => {
  const found = await lookIn(join(folder, 'absent'))
  expect(found.map((device) => device.id)).toEqual(['cpu'])
})
