import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detectDevices, nvidiaSmi } from '../../src/gpu/devices.ts'

const folder = mkdtempSync(join(tmpdir(), 'hearth-smi-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fakeTool(script: string): string {
  const path = join(folder, `smi-${Bun.randomUUIDv7()}`)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

const MIB = 1024 ** 2
const devicesOf = (script: string) => detectDevices(nvidiaSmi(fakeTool(script), 400))

test('each GPU comes with its UUID, its total and its free memory', async () => {
  const line =
    'cat <<X\n0, GPU-1a2b, NVIDIA GeForce RTX 4090, 24564, 1020, 23031\n1, GPU-3c4d, NVIDIA RTX A2000, 6138, 5000, 1138\nX'
  expect(await devicesOf(line)).toEqual([
    { id: 'GPU-1a2b', name: 'NVIDIA GeForce RTX 4090', kind: 'gpu', totalBytes: 24564 * MIB, freeBytes: 23031 * MIB },
    { id: 'GPU-3c4d', name: 'NVIDIA RTX A2000', kind: 'gpu', totalBytes: 6138 * MIB, freeBytes: 1138 * MIB },
  ])
})

test('a field that is not available is worked out, and a device without a total is left out', async () => {
  const found = await devicesOf(
    'echo "0, GPU-a, NVIDIA A100, 40960, 960, [N/A]"; echo "1, GPU-b, NVIDIA GB10, [N/A], [N/A], [N/A]"',
  )
  expect(found.map(({ id, freeBytes }) => [id, freeBytes])).toEqual([['GPU-a', 40000 * MIB]])
})

test.each([
  ['fails', 'echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18'],
  ['prints garbage', 'echo "No devices were found"'],
  ['prints nothing', 'true'],
  ['says something and then fails', 'echo "0, GPU-a, A100, 40960, 960, 40000"; exit 1'],
  ['hangs', 'sleep 5'],
])('a tool that %s leaves the CPU', async (_what, script) => {
  const [device, ...more] = await devicesOf(script)
  expect(more).toEqual([])
  expect(device).toMatchObject({ id: 'cpu', kind: 'cpu', name: expect.stringContaining('CPU') })
  expect(device!.totalBytes).toBeGreaterThan(0)
})

test('a machine without the tool has its CPU', async () => {
  const found = await detectDevices(nvidiaSmi(join(folder, 'absent')))
  expect(found.map((device) => device.id)).toEqual(['cpu'])
})
