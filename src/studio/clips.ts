import { DomainError } from '../errors.ts'
import type { RenderRequest } from '../gpu/plan.ts'
import { bestOn, type PreflightDeps } from './preflight.ts'

/** Any clip: of the size and length that its model was trained at. */
const ANY = { prompt: 'a clip', function: 'video' }

/** What makes clips on this machine. */
export interface ClipChoices {
  models: { id: string; label: string }[]
  /** Whether one is chosen for whoever names none: on a processor alone, none is. */
  auto: boolean
  /** What is missing, where nothing makes any. */
  missing: string | null
}

type Deps = Omit<PreflightDeps, 'read' | 'devices'>

/** Which models could make a clip here, as soon as their device is free. */
export function clipChoices(deps: Deps): ClipChoices {
  const able = deps.modelStore.installed().filter(({ profile }) => profile.functions.includes('video'))
  const models = able
    .map(({ profile }) => profile)
    .filter(({ id, modes }) =>
      canRender(deps, { ...ANY, model: id, ...(modes.includes('text') ? {} : { inputs: ['init'] }) }),
    )
    .map(({ id, label }) => ({ id, label }))
  const best = bestOn(deps, ANY, 'auto')
  const refusal = best instanceof DomainError && !best.retryable ? best.message : null
  return { models, auto: refusal === null, missing: models.length > 0 ? null : refusal }
}

/** Whether something here makes clips for whoever names no model. */
export function makesClips(deps: Deps): boolean {
  return canRender(deps, ANY)
}

/** Also where others hold the memory at this moment. */
function canRender(deps: Deps, request: RenderRequest): boolean {
  const best = bestOn(deps, request, 'auto')
  return !(best instanceof DomainError) || best.retryable
}
