import { TIERS, type TierWish } from '../gpu/tiers.ts'
import { alternativesOf, inWords, type PreflightDeps } from './preflight.ts'

/** Any picture: of the size that its model was trained at. */
const ANY = { prompt: 'a picture' }

/** What a person may choose from, and what each would mean for a picture on this machine at this moment. */
export function tierChoices(
  deps: Pick<PreflightDeps, 'render' | 'modelStore' | 'learned' | 'reserveBytes' | 'watch'>,
): {
  id: TierWish
  label: string
}[] {
  const found = alternativesOf(deps, ANY)
  const tiers = TIERS.map(({ name, steps }) => {
    const one = found.find(({ tier }) => tier === name)!
    return { id: name, label: `${name}, ${one.steps ?? steps} steps: ${inWords(one)}` }
  })
  return [{ id: 'auto', label: 'Auto: the best that fits' }, ...tiers]
}
