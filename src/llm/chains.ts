import { DomainError } from '../errors.ts'
import { AUTO, type Choice, chooseModel, findModel } from './models.ts'
import type { Provider, Purpose } from './provider.ts'

/** What a small model does as well. */
const SMALL_WORK = new Set<Purpose | undefined>(['summarise'])

export interface ChainRule {
  /** What for. */
  purpose?: Purpose
  /** All that can be asked, the preferred one first; the demo last. */
  providers: Provider[]
  /** The owner's own chain for the purpose, by name. */
  own?: string[]
  /** The model for those who name none, from the environment. */
  preferred?: string | undefined
}

/**
 * Whom to ask, the first one first: the model that is wanted, then the owner's chain for the purpose; without such a chain,
 * the environment's model, then each provider's default: for a summary, its small model. A vendor that is alone has a second
 * model stand in for the first. Nobody comes twice. After a model in the own network that was
 * wanted, or came first by itself, come only others of that network: what is asked of it neither leaves the house nor costs money
 * unless the owner's chain says so. The demo follows nobody, and nobody follows the demo.
 * @throws Invalid `unknown_model` for a name that nobody knows; DomainError `no_model` for a project of real models when there is none
 */
export function chainOf({ purpose, providers, own = [], preferred }: ChainRule, wanted?: string): Choice[] {
  const named = wanted?.trim() && wanted !== AUTO ? chosen(providers, wanted) : undefined
  const ours = own.flatMap((name) => found(providers, name))
  const unheard = ours.length === 0 ? unheardIn(providers, own) : undefined
  if (unheard && !named) throw notHeard(unheard)
  const first = preferred === undefined ? [] : named ? found(providers, preferred) : [chosen(providers, preferred)]
  const rule = ours.length > 0 ? ours : [...first, ...defaults(providers, purpose)]
  const [head, ...rest] = withoutTwins([...(named ? [named] : []), ...rule])
  if (!head) return [theDemo(providers, wanted)]
  if (head.provider.demo) return [head]
  const stays = head.provider.local && (named !== undefined || ours.length === 0)
  return [head, ...rest.filter(({ provider }) => !provider.demo && (provider.local || !stays))]
}

/** What a name means. @throws DomainError `model_unavailable` for a server of one's own that has not told yet what it has */
function chosen(providers: Provider[], name: string): Choice {
  const unheard = unheardIn(providers, [name])
  if (unheard) throw notHeard(unheard)
  return chooseModel(providers, name)
}

function found(providers: Provider[], name: string): Choice[] {
  const choice = findModel(providers, name)
  return choice ? [choice] : []
}

function unheardIn(providers: Provider[], names: string[]): Provider | undefined {
  return providers.find(({ name, demo, defaultModel }) => !demo && defaultModel === '' && names.includes(name))
}

function defaults(providers: Provider[], purpose: Purpose | undefined): Choice[] {
  const usable = providers.filter(({ demo, defaultModel }) => !demo && defaultModel !== '')
  return usable.flatMap((provider) => {
    const { defaultModel, smallModel, secondModel } = provider
    const isAlone = usable.every((one) => one === provider || one.local)
    const first = (SMALL_WORK.has(purpose) ? smallModel : undefined) ?? defaultModel
    const standIn = first === defaultModel ? secondModel : defaultModel
    const models = isAlone && standIn ? [first, standIn] : [first]
    return models.map((model) => ({ provider, model }))
  })
}

function withoutTwins(choices: Choice[]): Choice[] {
  return choices.filter(
    (one, i) => choices.findIndex((other) => other.provider === one.provider && other.model === one.model) === i,
  )
}

function theDemo(providers: Provider[], wanted: string | undefined): Choice {
  const unheard = providers.find(({ demo, defaultModel }) => !demo && defaultModel === '')
  if (unheard) throw notHeard(unheard)
  if (wanted !== AUTO) return chooseModel(providers, undefined)
  throw new DomainError('no_model', 'No model is set up any more. Type a key on the page of models, then try again.')
}

function notHeard({ label }: Provider): DomainError {
  return new DomainError(
    'model_unavailable',
    `${label} is set up, but does not answer, so nobody knows which models it has. Start it; Hearth tries again by itself.`,
    { retryable: true, severity: 'warning' },
  )
}
