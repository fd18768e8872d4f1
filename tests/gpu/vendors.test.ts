import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { lookAtAmd, parseAmd } from '../../src/gpu/devices/amd.ts'
import { lookAtApple, parseApple } from '../../src/gpu/devices/apple.ts'
import { lookAtIntel, parseList } from '../../src/gpu/devices/intel.ts'
import { lookAtNvidia, parseApps, parseCards } from '../../src/gpu/devices/nvidia.ts'
import { parseSlices, parseUuids } from '../../src/gpu/devices/nvidia-slices.ts'
import { openProbe, type Sight } from '../../src/gpu/devices/probe.ts'
import { parseRocmSmi } from '../../src/gpu/devices/rocm-smi.ts'
import { lookInSysfs } from '../../src/gpu/devices/sysfs.ts'
import type { Answer, Run } from '../../src/gpu/devices/tool.ts'
import { type Device, deviceEnv } from '../../src/gpu/devices.ts'

const MIB = 1024 ** 2
const said = (name: string) => readFileSync(join(import.meta.dir, '../fixtures/devices', name), 'utf8')

/** Tools that answer by the first of these words that the command line holds; else they are not installed. */
function tools(answers: Record<string, string | Answer>): Run {
  return async (command) => {
    const found = Object.entries(answers).find(([words]) => command.join(' ').includes(words))
    if (!found) return { absent: true }
    return typeof found[1] === 'string' ? { text: said(found[1]) } : found[1]
  }
}

function devicesIn(sight: Sight): Device[] {
  if ('devices' in sight) return sight.devices
  throw new Error(JSON.stringify(sight))
}

describe('NVIDIA', () => {
  const look = (answers: Record<string, string | Answer>) => lookAtNvidia(tools(answers))

  test('each card comes with its identity, memory, driver, warmth and who computes on it', async () => {
    const devices = devicesIn(await look({ 'query-gpu': 'nvidia-two.csv', 'query-compute-apps': 'nvidia-apps.csv' }))
    expect(devices).toEqual([
      {
        id: 'GPU-1a2b3c4d-0000-4000-8000-000000000001',
        name: 'NVIDIA GeForce RTX 4090',
        kind: 'cuda',
        totalBytes: 24564 * MIB,
        freeBytes: 23031 * MIB,
        index: 0,
        driver: '550.54.14',
        temperature: 41,
        mig: null,
        processes: [{ pid: 1328667, name: '/usr/local/bin/python3.12', usedBytes: 980 * MIB }],
      },
      {
        id: 'GPU-1a2b3c4d-0000-4000-8000-000000000002',
        name: 'NVIDIA RTX A2000',
        kind: 'cuda',
        totalBytes: 6138 * MIB,
        freeBytes: 1138 * MIB,
        index: 1,
        driver: '550.54.14',
        temperature: 63,
        mig: null,
        processes: [
          { pid: 4811, name: '/opt/chrome/chrome --type=gpu-process, --use-gl=angle', usedBytes: 4410 * MIB },
          { pid: 4812, name: '[Not Found]', usedBytes: null },
        ],
      },
    ])
  })

  test('the slices of a partitioned card stand in its place, each with its own memory', async () => {
    const answers = {
      'mig.mode': 'nvidia-mig.csv',
      'nvidia-smi -L': 'nvidia-mig-list.txt',
      '-q -x': 'nvidia-mig.xml',
      'compute-apps': { text: '' },
    }
    const devices = devicesIn(await look(answers))
    expect(devices.map(({ id, name, mig, totalBytes, freeBytes }) => [id, name, mig, totalBytes, freeBytes])).toEqual([
      [
        'MIG-ec4c3916-65fa-5948-b9b5-9f21a2ddfcc0',
        'NVIDIA A100-SXM4-80GB 2g.20gb',
        '2g.20gb',
        19968 * MIB,
        18706 * MIB,
      ],
      ['MIG-000d40d3-5924-5906-9879-8b69bf58689b', 'NVIDIA A100-SXM4-80GB 1g.10gb', '1g.10gb', 9728 * MIB, 9715 * MIB],
      ['GPU-b614723c-e261-4000-8000-79daab4c00ff', 'NVIDIA A100-SXM4-80GB', null, 81920 * MIB, 81152 * MIB],
    ])
    expect(devices.map(({ processes }) => processes)).toEqual([
      [{ pid: 23117, name: 'python3', usedBytes: 1248 * MIB }],
      [],
      [],
    ])
  })

  test('a driver that knows nothing of slices is asked without them', async () => {
    const refusal = { failed: 'Field "mig.mode.current" is not a valid field to query.' }
    const devices = devicesIn(await look({ 'mig.mode': refusal, 'query-gpu': 'nvidia-old.csv' }))
    expect(devices).toMatchObject([{ name: 'Tesla K80', freeBytes: 11441 * MIB, temperature: 33 }])
    expect(devices[0]).not.toHaveProperty('processes')
  })

  test('what is not available is worked out or zero, and a card without a UUID is known by its place', async () => {
    const [shared, old] = devicesIn(await look({ 'query-gpu': 'nvidia-not-said.csv' }))
    expect(shared).toMatchObject({ name: 'NVIDIA GB10', totalBytes: 0, freeBytes: 0, temperature: 44 })
    expect(old).toMatchObject({ id: 'pci-00000000:02:00.0', freeBytes: 1902 * MIB, temperature: null, index: 1 })
  })

  test('a card that fell off the bus leaves the others, and is told of', async () => {
    const sight = await look({ 'query-gpu': 'nvidia-lost.csv' })
    expect(devicesIn(sight).map(({ index }) => index)).toEqual([0])
    expect(sight).toMatchObject({ said: 'Unable to determine the device handle for GPU0000:41:00.0: Unknown Error' })
  })

  test('an answer that was cut off gives what is whole', async () => {
    const sight = await look({ 'query-gpu': 'nvidia-cut.csv' })
    expect(devicesIn(sight)).toHaveLength(1)
    expect(sight).toMatchObject({ said: expect.stringContaining('GPU-1a2b3c4d') })
  })

  test('no cards, no answer and no tool are three things', async () => {
    expect(await look({ 'query-gpu': 'nvidia-none.txt' })).toEqual({ devices: [], said: undefined })
    expect(await look({ 'query-gpu': { failed: 'Failed to initialize NVML' } })).toEqual({
      failed: 'Failed to initialize NVML',
    })
    expect(await look({ 'query-gpu': 'nvidia-mismatch.txt' })).toEqual({
      failed: 'Failed to initialize NVML: Driver/library version mismatch',
    })
    expect(await look({})).toEqual({ absent: true })
  })
})

describe('AMD', () => {
  test('cards by amd-smi, of which one has no number of its own', async () => {
    const answers = { static: 'amd-static.json', metric: 'amd-metric.json', process: 'amd-process.json' }
    const devices = devicesIn(await lookAtAmd(tools(answers)))
    expect(devices).toEqual([
      {
        id: 'GPU-7fd8e2a61c3b5d40',
        name: 'AMD Instinct MI300X OAM',
        kind: 'rocm',
        totalBytes: 196592 * MIB,
        freeBytes: 196309 * MIB,
        index: 0,
        driver: '6.12.12',
        temperature: 38,
        processes: [{ pid: 23117, name: 'python3', usedBytes: 256 * MIB }],
      },
      {
        id: 'pci-0000:c5:00.0',
        name: 'AMD Radeon Graphics',
        kind: 'rocm',
        totalBytes: 512 * MIB,
        freeBytes: 443 * MIB,
        index: 1,
        driver: '6.12.12',
        temperature: 39,
        processes: [],
      },
    ])
  })

  test('the list of newer tools stands in an object', () => {
    const found = parseAmd(said('amd-static-7.json'), said('amd-metric-7.json'), '')
    expect(found).toMatchObject([{ id: 'GPU-7fd8e2a61c3b5d40', freeBytes: 196309 * MIB }])
    expect(found![0]).not.toHaveProperty('processes')
  })

  test('cards by rocm-smi, behind its warnings, and with letters of either size', async () => {
    const [first, second] = devicesIn(await lookAtAmd(tools({ 'rocm-smi': 'rocm-two.json' })))
    expect(first).toMatchObject({
      id: 'GPU-4e11f4f0a2b7d31c',
      name: 'gfx1201',
      totalBytes: 34208743424,
      freeBytes: 34208743424 - 29225381888,
      temperature: 35,
      driver: '6.12.12',
    })
    expect(second).toMatchObject({ id: 'pci-0000:c5:00.0', name: 'gfx1103', index: 1 })
    expect(first).not.toHaveProperty('processes') // it is not said on which of the two
    expect(parseRocmSmi(said('rocm-one.json'))).toMatchObject([
      {
        id: 'GPU-000000001234abcd',
        name: 'Radeon RX 7900 XTX',
        processes: [{ pid: 4242, name: 'llama-server', usedBytes: 11811160064 }],
      },
    ])
  })

  test('a tool that fails, or says what nobody can read, is told of', async () => {
    const broken = { static: { text: '[{"gpu": 0, "asic": {' }, metric: { text: '' }, process: { text: '' } }
    expect(await lookAtAmd(tools(broken))).toEqual({ failed: 'amd-smi said nothing that can be read' })
    expect(await lookAtAmd(tools({ ...broken, 'rocm-smi': { text: '' } }))).toEqual({
      failed: 'rocm-smi said nothing that can be read',
    })
    expect(await lookAtAmd(tools({ 'amd-smi': { failed: 'Unable to load amdgpu' } }))).toEqual({
      failed: 'Unable to load amdgpu',
    })
    expect(await lookAtAmd(tools({}))).toEqual({ absent: true })
  })
})

describe('Intel', () => {
  test('cards in the order of the bus, each with what it says of itself', async () => {
    const answers = {
      'discovery -j': 'intel-list.json',
      'discovery -d 1': 'intel-card.json',
      'stats -d 1': 'intel-stats.json',
      'discovery -d 0': { text: '{"memory_physical_size_byte": "34359738368", "driver_version": "1.6"}' },
      'stats -d 0': 'intel-stats-tiles.json',
    }
    expect(devicesIn(await lookAtIntel(tools(answers)))).toEqual([
      {
        id: 'pci-0000:03:00.0',
        name: 'Intel(R) Arc(TM) A770 Graphics',
        kind: 'xpu',
        totalBytes: 17079205888,
        freeBytes: 17079205888 - 2049 * MIB,
        index: 0,
        driver: '1.6.31294',
        temperature: 47,
      },
      {
        id: 'pci-0000:47:00.0',
        name: 'Intel(R) Arc(TM) Pro B70 Graphics',
        kind: 'xpu',
        totalBytes: 34359738368,
        freeBytes: 34359738368 - 1024 * MIB,
        index: 1,
        driver: '1.6',
        temperature: null,
      },
    ])
  })

  test('a driver that does not start is told of', async () => {
    expect(await lookAtIntel(tools({ discovery: 'intel-error.json' }))).toEqual({
      failed: 'xpu-smi said nothing that can be read',
    })
  })
})

test('an Apple chip has the memory of the machine, and what can be had of it', async () => {
  const [chip] = parseApple(said('apple.json'), said('apple-vm-stat.txt'), 32 * 1024 * MIB)!
  expect(chip).toMatchObject({ id: 'mps', name: 'Apple M1 Pro', kind: 'mps', totalBytes: 32 * 1024 * MIB })
  expect(chip!.freeBytes).toBe((48120 + 398111 + 1210 + 8021) * 16384)
  expect(parseApple('{"SPDisplaysDataType": [{"sppci_model": "Intel Iris"}]}', '', 1)).toEqual([])
  expect(await lookAtApple(tools({ system_profiler: { text: '' } }))).toEqual({
    failed: 'system_profiler said nothing that can be read',
  })
})

describe('the kernel, where a tool is not installed', () => {
  const root = mkdtempSync(join(tmpdir(), 'hearth-sysfs-'))
  afterAll(() => rmSync(root, { recursive: true }))
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
  const look = async (kind: 'rocm' | 'xpu') => lookInSysfs(kind, root)(tools({}))

  test('tells of cards that can compute, and of no others', async () => {
    expect(await look('rocm')).toEqual({ absent: true })
    const drm = 'sys/class/drm'
    put(`${drm}/card1/device/vendor`, '0x1002')
    put(`${drm}/card1/device/uevent`, 'DRIVER=amdgpu\nPCI_SLOT_NAME=0000:0C:00.0')
    put(`${drm}/card1/device/mem_info_vram_total`, '25753026560')
    put(`${drm}/card1/device/mem_info_vram_used`, '1073741824')
    put(`${drm}/card1/device/unique_id`, 'c4e22c4a1a1d3f5b')
    put(`${drm}/card1/device/hwmon/hwmon3/temp1_input`, '51000')
    put(`${drm}/card0/device/vendor`, '0x8086') // draws the desktop
    put(`${drm}/card2/device/vendor`, '0x8086')
    put(`${drm}/card2/device/uevent`, 'PCI_SLOT_NAME=0000:03:00.0')
    put(`${drm}/card2/lmem_total_bytes`, '17079205888')
    put(`${drm}/card2/lmem_avail_bytes`, '17000000000')
    put(`${drm}/card1-DP-1/status`, 'connected')
    expect(await look('rocm')).toEqual({ absent: true }) // no driver to compute with
    put('dev/kfd', '')
    expect(devicesIn(await look('rocm'))).toMatchObject([
      { id: 'GPU-c4e22c4a1a1d3f5b', freeBytes: 25753026560 - 1073741824, temperature: 51, index: 0 },
    ])
    expect(devicesIn(await look('xpu'))).toMatchObject([
      { id: 'pci-0000:03:00.0', totalBytes: 17079205888, freeBytes: 17000000000 },
    ])
  })
})

test('cards of several vendors are there together, and one that reports nothing takes the figure of the setting', async () => {
  const answers = { 'nvidia-smi --query-gpu': 'nvidia-not-said.csv', 'rocm-smi': 'rocm-one.json' }
  const sights = await openProbe({ run: tools(answers), memoryBytes: 8 * 1024 * MIB, root: '/nowhere' })()
  expect(Object.values(sights).flatMap((sight) => ('devices' in sight ? sight.devices : []))).toMatchObject([
    { name: 'NVIDIA GB10', totalBytes: 8 * 1024 * MIB, freeBytes: 8 * 1024 * MIB, configured: true },
    { name: 'NVIDIA GeForce GT 710', totalBytes: 2002 * MIB },
    { name: 'Radeon RX 7900 XTX' },
  ])
  expect(sights.Intel).toEqual({ absent: true })
})

test('a child is told of its device alone', () => {
  const env = (device: Pick<Device, 'id' | 'kind' | 'index'>) => deviceEnv(device)
  expect(env({ id: 'GPU-1a2b', kind: 'cuda', index: 3 })).toMatchObject({ CUDA_VISIBLE_DEVICES: 'GPU-1a2b' })
  expect(env({ id: 'MIG-1a2b', kind: 'cuda', index: 3 })).toMatchObject({ CUDA_VISIBLE_DEVICES: 'MIG-1a2b' })
  expect(env({ id: 'pci-0000:02:00.0', kind: 'cuda', index: 1 })).toEqual({
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: '1',
  })
  expect(env({ id: 'GPU-7fd8e2a61c3b5d40', kind: 'rocm', index: 1 })).toEqual({
    ROCR_VISIBLE_DEVICES: 'GPU-7fd8e2a61c3b5d40',
  })
  expect(env({ id: 'pci-0000:c5:00.0', kind: 'rocm', index: 1 })).toEqual({ ROCR_VISIBLE_DEVICES: '1' })
  expect(env({ id: 'pci-0000:03:00.0', kind: 'xpu', index: 1 })).toMatchObject({ ZE_AFFINITY_MASK: '1' })
  expect(env({ id: 'cpu', kind: 'cpu' })).toMatchObject({ CUDA_VISIBLE_DEVICES: '' })
})

test('no text whatever brings a reader down', () => {
  const fixtures = [
    'nvidia-mig.csv',
    'nvidia-apps.csv',
    'nvidia-mig-list.txt',
    'nvidia-mig.xml',
    'rocm-two.json',
    'amd-static.json',
    'amd-metric.json',
    'amd-process.json',
    'intel-list.json',
    'apple.json',
  ].map(said)
  const broken = fc
    .record({ text: fc.constantFrom(...fixtures), cut: fc.double({ min: 0, max: 1, noNaN: true }), put: fc.string() })
    .map(({ text, cut, put }) => text.slice(0, cut * text.length) + put + text.slice(cut * text.length + put.length))
  const read = (text: string) => {
    parseCards(text)
    parseApps(text)
    parseSlices(parseUuids(text), text)
    parseRocmSmi(text)
    parseAmd(text, text, text)
    parseList(text)
    parseApple(text, text, 1)
  }
  fc.assert(fc.property(fc.oneof(broken, fc.string(), fc.json()), read), { numRuns: 300 })
  read('x,'.repeat(1_000_000))
  read('[{"gpu":'.repeat(10_000))
})
