import { expect, test } from 'bun:test'
import { followStages, type StageDeps } from '../../src/gpu/stages.ts'

const EXPECTED = { loadMs: 4_000, encodeMs: 100, stepMs: 200, decodeMs: 500, saveMs: 50 }

function followed(over: Partial<StageDeps> = {}) {
  const clock = { at: 0 }
  const stages = followStages({ awake: () => clock.at, expected: EXPECTED, steps: 10, count: 1, ...over })
  const pass = (ms: number) => {
    clock.at += ms
  }
  const steps = (of: number, ms: number, from = 0) => {
    for (let step = from + 1; step <= of; step++) {
      pass(ms)
      stages.step(step, of)
    }
  }
  return { stages, pass, steps }
}

test('before its first step, what is left is what was learned', () => {
  const { stages, pass } = followed()
  expect(stages.left()).toEqual({ stageMs: null, wholeMs: null })
  stages.phase('load')
  pass(1_000)
  expect(stages.left()).toEqual({ stageMs: 3_000, wholeMs: 3_000 + 100 + 2_000 + 500 + 50 })
  pass(60_000)
  expect(stages.left()).toEqual({ stageMs: 0, wholeMs: 2_650 })
  stages.phase('denoise')
  expect(stages.left()).toEqual({ stageMs: 2_000, wholeMs: 2_550 })
})

test('from its second step on, by its own steps', () => {
  const { stages, pass } = followed()
  stages.phase('denoise')
  pass(9_000)
  stages.step(1, 10)
  expect(stages.left().stageMs).toBe(1_800)
  pass(300)
  stages.step(2, 10)
  expect(stages.left()).toEqual({ stageMs: 2_400, wholeMs: 2_950 })
})

test('nothing is said where nothing is known', () => {
  const { stages, pass } = followed({ expected: null })
  stages.phase('load')
  expect(stages.left()).toEqual({ stageMs: null, wholeMs: null })
  stages.phase('denoise')
  stages.step(1, 4)
  expect(stages.left()).toEqual({ stageMs: null, wholeMs: null })
  pass(100)
  stages.step(2, 4)
  expect(stages.left()).toEqual({ stageMs: 200, wholeMs: 200 })
})

test('each picture of a batch has its own steps and its own decoding', () => {
  const { stages, steps } = followed({ count: 3 })
  stages.phase('load')
  expect(stages.left().wholeMs).toBe(4_000 + 100 + 3 * 2_550)
  stages.phase('denoise')
  steps(10, 200)
  expect(stages.left()).toEqual({ stageMs: 0, wholeMs: 550 + 2 * 2_550 })
  stages.phase('decode')
  stages.phase('save')
  stages.phase('denoise')
  expect(stages.left().wholeMs).toBe(2_550 + 2_550)
})

test('steps that are counted over the whole batch are those of one picture', () => {
  const { stages, steps } = followed({ count: 2 })
  stages.phase('denoise')
  steps(10, 200)
  stages.phase('denoise')
  stages.step(11, 20)
  expect(stages.left().stageMs).toBe(1_800)
})

test('it teaches the time of a step, without the first one, and of one picture', () => {
  const { stages, pass, steps } = followed({ count: 2 })
  stages.phase('load')
  pass(3_000)
  for (const _ of [1, 2]) {
    stages.phase('denoise')
    pass(5_000)
    steps(4, 100)
    stages.phase('decode')
    pass(400)
    stages.phase('save')
    pass(60)
  }
  expect(stages.times()).toEqual({ loadMs: 3_000, encodeMs: null, stepMs: 100, decodeMs: 400, saveMs: 60 })
  expect(stages.spent()).toEqual({ load: 3_000, denoise: 10_800, decode: 800, save: 120 })
})
