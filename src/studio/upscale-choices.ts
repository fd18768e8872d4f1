import { DomainError } from '../errors.ts'
import { scaled } from '../gpu/planner-upscale.ts'
import { OPENED } from '../gpu/resample.ts'
import { artifactUrl } from './artifact-view.ts'
import { bestOn, type PreflightDeps } from './preflight.ts'
import type { Artifact } from './tables.ts'

const SCALES = [2, 3, 4, 8]
const ENGINE = 'sd-cpp'
const SKETCH = 'sketch'

/** How an artifact can be made larger, as its page offers it. */
export interface UpscaleChoices {
  /** Where its form goes. */
  at: string
  scales: { value: string; label: string; isUsual: boolean }[]
  /** By what: a model's id, or an engine's name. */
  by: { value: string; label: string }[]
  /** How it would be done; or why it can't be. */
  note: string
  /** What it takes to add detail and is not there; null: all is. */
  missing: { weights: boolean; engine: string | null } | null
}

type Deps = Omit<PreflightDeps, 'read' | 'devices'>

/** What can be chosen for an artifact at this moment; null for what is no picture. */
export function upscaleChoices(deps: Deps, artifact: Artifact): UpscaleChoices | null {
  if (!OPENED.has(artifact.mediaType) || artifact.width === 0) return null
  const given = { width: artifact.width, height: artifact.height }
  const plan = (scale?: number) =>
    bestOn(deps, { prompt: 'x', function: 'upscale', inputs: ['init'], given, scale }, 'auto')
  const usual = plan()
  const isUsual = (scale: number) => !(usual instanceof DomainError) && usual.plan.params.scale === scale
  return {
    at: `${artifactUrl(artifact.id)}/upscales`,
    scales: SCALES.filter((scale) => !(plan(scale) instanceof DomainError)).map((scale) => ({
      value: String(scale),
      label: labelOf(scale, given),
      isUsual: isUsual(scale),
    })),
    by: byWhat(deps),
    note: usual instanceof DomainError ? usual.message : usual.plan.reason,
    missing: whatIsMissing(deps),
  }
}

function labelOf(scale: number, given: { width: number; height: number }): string {
  const { width, height } = scaled(given, scale)
  return `${scale} times: ${width} × ${height}`
}

function byWhat(deps: Deps): UpscaleChoices['by'] {
  const models = needsOfEngine(deps) ? [] : upscalers(deps).map(({ id, label }) => ({ value: id, label }))
  const plain = deps.render.engines.all().filter(({ manifest }) => manifest.name === SKETCH)
  const smooth = plain.map(({ manifest }) => ({ value: manifest.name, label: 'Sketch: smooth, no new detail' }))
  return [...models, ...smooth]
}

function upscalers({ modelStore }: Deps): { id: string; label: string }[] {
  return modelStore.installed().flatMap(({ profile }) => (profile.functions.includes('upscale') ? [profile] : []))
}

function needsOfEngine(deps: Deps): string | null {
  return deps.render.engines.all().find(({ manifest }) => manifest.name === ENGINE)?.missing ?? null
}

function whatIsMissing(deps: Deps): UpscaleChoices['missing'] {
  const [weights, engine] = [upscalers(deps).length === 0, needsOfEngine(deps)]
  return weights || engine ? { weights, engine } : null
}
