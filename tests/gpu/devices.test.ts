import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { devicesHere, openProbe } from '../../src/gpu/devices/probe.ts'
import { toolRunner } from '../../src/gpu/devices/tool.ts'

const FIXTURES = join(import.meta.dir, '../fixtures/devices')
const folder = mkdtempSync(join(tmpdir(), 'hearth-smi-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A folder for the PATH in which `nvidia-smi` is this script. */
function toolFolder(script: string): string {
  const path = mkdtempSync(join(folder, 'path-'))
  writeFileSync(join(path, 'nvidia-smi'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(path, 'nvidia-smi'), 0o755)
  return path
}

const probeIn = (path: string, limitMs = 5_000) => openProbe({ run: toolRunner(path, limitMs), root: '/nowhere' })

test('a tool on the PATH is asked in a child of its own, which learns no secret of ours', async () => {
  const path = toolFolder(`[ -z "$HOME" ] && case "$1" in
    --query-gpu=*) cat "${FIXTURES}/nvidia-two.csv" ;;
    --query-compute-apps=*) cat "${FIXTURES}/nvidia-apps.csv" ;;
  esac`)
  const found = await devicesHere(probeIn(path))
  expect(found.map(({ name, kind }) => [name, kind])).toEqual([
    ['NVIDIA GeForce RTX 4090', 'cuda'],
    ['NVIDIA RTX A2000', 'cuda'],
    [expect.stringContaining('CPU'), 'cpu'],
  ])
  expect(found[0]!.processes).toHaveLength(1)
})

test.each([
  ['fails', `cat "${FIXTURES}/nvidia-mismatch.txt"; exit 18`, 'Driver/library version mismatch'],
  ['says why on the other channel', 'echo "Insufficient Permissions" >&2; exit 4', 'Insufficient Permissions'],
  ['ends without a word', 'exit 9', 'it ended with 9'],
  ['says something and then fails', `cat "${FIXTURES}/nvidia-two.csv"; exit 1`, 'RTX 4090'],
  ['hangs', 'sleep 5', 'nvidia-smi did not answer within 0.2 s'],
  ['never ends its answer', 'yes 0123456789abcdef', 'it said more than anybody can read'],
])('a tool that %s leaves the CPU, and why', async (what, script, why) => {
  const probe = probeIn(toolFolder(script), what === 'hangs' ? 200 : 5_000)
  expect((await probe()).NVIDIA).toEqual({ failed: expect.stringContaining(why) })
  const [device, ...more] = await devicesHere(probe)
  expect(more).toEqual([])
  expect(device).toMatchObject({ id: 'cpu', kind: 'cpu', name: expect.stringContaining('CPU') })
  expect(device!.totalBytes).toBeGreaterThan(0)
})

test('a machine without any tool has its CPU', async () => {
  const probe = probeIn(join(folder, 'absent'))
  expect(Object.values(await probe())).toEqual(Array(4).fill({ absent: true }))
  expect((await devicesHere(probe)).map(({ id }) => id)).toEqual(['cpu'])
})
