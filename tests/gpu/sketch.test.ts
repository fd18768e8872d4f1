import { expect, test } from 'bun:test'
import type { Batch } from '../../src/gpu/sketch/batch.ts'
import { decodeCheckpoint, encodeCheckpoint, resumeSketch } from '../../src/gpu/sketch/checkpoints.ts'
import { seededRandom } from '../../src/gpu/sketch/random.ts'
import { recognise } from '../../src/gpu/sketch/recognise.ts'
import { createSketch, finish, paintScene, paintStep, type Sketch } from '../../src/gpu/sketch/sketch.ts'

const STEPS = 5

function started(prompt: string, seed = 1): Sketch {
  const sketch = createSketch(prompt, seed, 96, 64, STEPS)
  finish(paintScene(sketch))
  return sketch
}

function painted(sketch: Sketch): string {
  while (sketch.step < sketch.spec.steps) finish(paintStep(sketch))
  return Bun.hash(sketch.sheet.pixels).toString()
}

function alone(sketch: Sketch): Batch {
  return { count: 1, made: [], sketch }
}

test.each([
  ['fresh bread from our bakery', 'bakery'],
  ['a lighthouse above a stormy sea', 'sea'],
  ['a fox in an autumn forest', 'forest'],
  ['mountain lake', 'mountains'],
  ['the skyline of a city', 'city'],
  ['a meadow of tulips', 'flowers'],
  ['a bouquet of tulips', 'bouquet'],
  ['A crackling sourdough loaf on a floured wooden board', 'loaf'],
  ['Golden croissants cooling on a wire rack', 'croissants'],
  ['A baker’s hands shaping dough on a floured bench', 'dough'],
  ['Chalked hands gripping a barbell', 'gym'],
  ['Tall bookshelves with a ladder', 'shelves'],
  ['A band on stage', 'stage'],
  ['The café front with a bench and a bicycle', 'shop front'],
  ['Dough on a floured bench', 'dough'],
  ['A table set for two, candle-lit', 'supper'],
  ['Rusty the fox on the doorstep in the village', 'village'],
  ['Emil the baker alone in deep blue fog', 'fog'],
  ['Vegetables on a market crate. Colour mood of sunlit sea and olive', 'crate'],
  ['stars and the Milky Way', 'night sky'],
  ['portrait of the founder', 'portrait'],
  ['a cup of coffee', 'coffee'],
  ['shop front with a striped awning', 'shop front'],
  ['cheese and salad', 'food'],
  ['a reading room with an armchair', 'room'],
  ['an abstract logo', 'shapes'],
  ['日本語', 'landscape'],
  ['', 'landscape'],
])('“%s” is drawn as %s', (prompt, scene) => {
  const sketch = started(prompt)
  expect(sketch.scene).toBe(scene)
  finish(paintStep(sketch))
  expect(new Set(sketch.sheet.pixels).size).toBeGreaterThan(60)
})

test('the same prompt and seed give the same picture; another seed or prompt another', () => {
  const first = painted(started('a lighthouse'))
  expect(painted(started('a lighthouse'))).toBe(first)
  expect(painted(started('a lighthouse', 2))).not.toBe(first)
  expect(painted(started('a lighthouse at night'))).not.toBe(first)
})

test('a picture resumed after any step is the same bit by bit', () => {
  const whole = painted(started('bread'))
  for (let stop = 1; stop < STEPS; stop++) {
    const first = started('bread')
    while (first.step < stop) finish(paintStep(first))
    const resumed = started('bread')
    resumeSketch(resumed, decodeCheckpoint(encodeCheckpoint(alone(first)), alone(resumed))!)
    expect(resumed.step).toBe(stop)
    expect(painted(resumed)).toBe(whole)
  }
})

test('each step comes nearer to the finished picture', () => {
  const sketch = started('a forest')
  const frames: Uint8ClampedArray[] = []
  while (sketch.step < STEPS) {
    finish(paintStep(sketch))
    frames.push(sketch.sheet.pixels.slice())
  }
  const last = frames.at(-1)!
  const away = frames.map((frame) => frame.reduce((sum, value, i) => sum + Math.abs(value - last[i]!), 0) / last.length)
  expect(away).toEqual(away.toSorted((a, b) => b - a))
  expect(away[0]).toBeGreaterThan(10)
})

test('a checkpoint that is cut, changed, or of another picture is not resumed', () => {
  const sketch = started('bread')
  finish(paintStep(sketch))
  const good = encodeCheckpoint(alone(sketch))
  expect(decodeCheckpoint(good, alone(sketch))?.step).toBe(1)
  for (const length of [0, 3, 7, 40, good.length - 1])
    expect(decodeCheckpoint(good.subarray(0, length), alone(sketch))).toBeNull()
  const flipped = Buffer.from(good)
  flipped[good.length - 5]! ^= 1
  expect(decodeCheckpoint(flipped, alone(sketch))).toBeNull()
  expect(decodeCheckpoint(good, { ...alone(sketch), count: 2 })).toBeNull()
  for (const other of [{ seed: 2 }, { prompt: 'rye' }, { width: 97 }, { steps: 6 }])
    expect(decodeCheckpoint(good, alone({ ...sketch, spec: { ...sketch.spec, ...other } }))).toBeNull()
})

test.each(['fox', 'cat', 'dog', 'bird', 'bear', 'rabbit', 'fish', 'robot', 'child', 'owl', 'toad', 'heron'])(
  'a %s that the prompt names is in the picture',
  (who) => {
    const [withIt, without] = [started(`a ${who} by the bridge at night`), started('a thing by the bridge at night')]
    expect(recognise(`a ${who} by the bridge`, seededRandom('1')).figures).toEqual([who])
    expect(withIt.scene).toBe('bridge')
    expect(painted(withIt)).not.toBe(painted(without))
  },
)
