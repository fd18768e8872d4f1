import type { EngineManifest } from '../../src/gpu/manifest.ts'
import { engineManifest } from '../../src/gpu/manifest.ts'
import type { Learned } from '../../src/gpu/plan.ts'
import type { PlanDevice, PlanEngine, PlanFacts } from '../../src/gpu/planner-facts.ts'
import { type InstalledModel, modelProfile } from '../../src/gpu/profile.ts'

export const GIB = 1024 ** 3

export const NOTHING_LEARNED: Learned = { memory: () => null, times: () => null }

export function engine(over: Partial<EngineManifest> & { missing?: string } = {}): PlanEngine {
  const { missing, ...manifest } = over
  const usual = {
    name: 'torch',
    label: 'Torch',
    version: '1',
    functions: ['image', 'video'],
    families: ['*'],
    devices: ['cuda', 'rocm', 'cpu'],
    command: ['x'],
  }
  return { manifest: engineManifest.parse({ ...usual, ...manifest }), missing: missing ?? null }
}

export const SKETCH_ENGINE = engine({
  name: 'sketch',
  label: 'Sketch',
  functions: ['image'],
  families: [],
  devices: ['cpu'],
})

export function card(freeGib: number, over: Partial<PlanDevice> = {}): PlanDevice {
  const freeBytes = Math.round(freeGib * GIB)
  return { id: 'GPU-1', name: 'Card', kind: 'cuda', totalBytes: Math.max(24 * GIB, freeBytes), freeBytes, ...over }
}

export function cpu(freeGib = 16): PlanDevice {
  return { id: 'cpu', name: 'CPU', kind: 'cpu', totalBytes: 32 * GIB, freeBytes: freeGib * GIB }
}

/** A tier that takes so much, in half precision. */
export function takes(gib: number, over: object = {}): object {
  return { vramBytes: Math.round(gib * GIB), vramFrom: 'measured', memory: { dtype: 'float16' }, ...over }
}

/** A model of 6 GB at 1024 x 1024, with four tiers. */
export function model(profile: object = {}, over: Partial<InstalledModel> = {}): InstalledModel {
  const square = { maxPixels: 1024 * 1024 }
  const usual = {
    id: 'sdxl/base',
    label: 'SDXL',
    family: 'sdxl',
    format: 'safetensors',
    engines: ['torch'],
    licence: { id: 'x', name: 'X' },
    size: { side: 1024 },
    tiers: {
      low: takes(5, { memory: { dtype: 'float16', offload: 'model' }, ...square }),
      standard: takes(9, square),
      high: takes(12, square),
      premium: takes(18, square),
    },
  }
  return {
    profile: modelProfile.parse({ ...usual, ...profile }),
    path: '/models/x',
    parts: {},
    sha256: 'a'.repeat(64),
    bytes: 6 * GIB,
    ...over,
  }
}

export function facts({
  request,
  ...over
}: Omit<Partial<PlanFacts>, 'request'> & { request?: object } = {}): PlanFacts {
  const models = over.models ?? [model()]
  return {
    request: { prompt: 'a lighthouse', ...request },
    device: card(20),
    engines: [engine(), SKETCH_ENGINE],
    models,
    profiles: models.map(({ profile }) => profile),
    learned: NOTHING_LEARNED,
    reserveBytes: GIB / 2,
    freeRamBytes: 64 * GIB,
    rung: 0,
    tier: 'auto',
    seed: 7,
    ...over,
  }
}
