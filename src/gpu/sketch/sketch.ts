import { type Brush, brushLayer, type Sheet } from './brush.ts'
import { cameraFor } from './camera.ts'
import { createCanvas } from './canvas.ts'
import { paintFigures } from './figures/figures.ts'
import { glaze, ground, varnish } from './finish.ts'
import { createNoise } from './noise.ts'
import { seededRandom } from './random.ts'
import { recognise } from './recognise.ts'
import { createReference, type Reference } from './reference.ts'

const COARSEST = 0.075 // brush radius at the first step, of the picture's height
const FINEST = 0.0036
const GLAZE_FROM = 0.55 // of the steps: from here on, the drawing is worked into the paint
const USUAL_STEPS = 18 // more steps than this share the same paint

const GROUND = 0.88 // where figures stand
const GROUNDS: Record<string, number> = { bridge: 0.62, 'shop front': 0.93, city: 0.985 }

/** What a sketch is made from. The same five give the same picture, bit by bit. */
export interface SketchSpec {
  prompt: string
  seed: number
  width: number
  height: number
  steps: number
}

/** A picture being painted: `paintScene` once, then `paintStep` for each step. Both yield every few ms. */
export interface Sketch {
  spec: SketchSpec
  scene: string
  mood: string
  /** Steps done so far. */
  step: number
  sheet: Sheet
  reference: Reference | null
}

/** Starts a picture; nothing is painted yet. */
export function createSketch(prompt: string, seed: number, width: number, height: number, steps: number): Sketch {
  const spec = { prompt, seed, width, height, steps }
  const { scene, mood } = recognise(prompt, seededRandom(keyOf(spec, 'choice')))
  const pixels = new Uint8ClampedArray(width * height * 3)
  return { spec, scene: scene.name, mood: mood.name, step: 0, sheet: { width, height, pixels }, reference: null }
}

/** Composes the scene that the steps work towards. Must run before the first step, also after a resume. */
export function* paintScene(sketch: Sketch): Generator<void> {
  const { spec } = sketch
  const choice = recognise(spec.prompt, seededRandom(keyOf(spec, 'choice')))
  const random = seededRandom(keyOf(spec, 'scene'))
  const noise = createNoise(random)
  const camera = cameraFor(spec.prompt, spec.width / spec.height, seededRandom(keyOf(spec, 'camera')))
  const canvas = createCanvas(spec.width, spec.height, camera)
  const studio = { canvas, noise, random, mood: choice.mood, words: choice.words }
  yield* choice.scene.paint(studio)
  yield* paintFigures(studio, choice.figures, GROUNDS[choice.scene.name] ?? GROUND, choice.scene.name === 'sea')
  sketch.reference = createReference(canvas, noise)
  yield
}

/** Does the next step: from a noisy ground over broad strokes to the finished picture. */
export function* paintStep(sketch: Sketch): Generator<void> {
  const { spec, sheet, reference } = sketch
  if (!reference) throw new Error('paintScene comes before paintStep')
  const step = sketch.step + 1
  const random = seededRandom(keyOf(spec, `step ${step}`))
  if (step === 1) yield* ground(sheet, reference, random)
  yield* brushLayer(sheet, reference, brushAt(spec, step), random)
  const done = step / spec.steps
  if (done > GLAZE_FROM) yield* glaze(sheet, reference, glazeAt(spec, step))
  if (step === spec.steps) yield* varnish(sheet, random)
  sketch.step = step
}

/** Runs one of the generators to its end, for callers that need not share the thread. */
export function finish(work: Generator<void>): void {
  while (!work.next().done);
}

function brushAt({ height, steps }: SketchSpec, step: number): Brush {
  const t = steps === 1 ? 1 : (step - 1) / (steps - 1)
  const share = Math.min(1, USUAL_STEPS / steps)
  return {
    radius: Math.max(1.6, height * COARSEST * (FINEST / COARSEST) ** t),
    tolerance: step === 1 ? 0 : (9 - 4 * t) / share ** 0.5,
    opacity: 0.62 + 0.3 * t,
    stray: 12 - 8 * t,
  }
}

/** Parts that together leave a fifth of the brushwork over the drawing. */
function glazeAt({ steps }: SketchSpec, step: number): number {
  const layers = steps - Math.floor(steps * GLAZE_FROM)
  const place = (step - Math.floor(steps * GLAZE_FROM)) / layers
  return 1 - (1 - 0.78) ** ((2 * place) / (layers + 1))
}

function keyOf({ prompt, seed }: SketchSpec, purpose: string): string {
  return `${purpose} ${seed} ${prompt.normalize('NFC').toLowerCase()}`
}
