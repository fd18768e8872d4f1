import type { Place } from '../llm/setup/places.ts'
import type { Reach, Tried } from '../llm/setup/reach.ts'
import { VENDORS } from '../llm/setup/vendors.ts'
import { plural } from '../web/format.ts'
import { type Finding, ok, warn } from './finding.ts'

/** How the doctor gets to the providers that are set up. */
export interface ProvidersDeps {
  places(): Place[]
  reach: Pick<Reach, 'try' | 'look'>
}

/** Each provider that is set up, asked for its models, which is free; and servers nearby that nobody uses. */
export async function examineProviders({ places, reach }: ProvidersDeps): Promise<Finding[]> {
  const some = places().filter(({ usable, typedKey }) => usable || typedKey?.trouble)
  const [found, offers] = await Promise.all([
    Promise.all(some.map(async (place) => finding(place, place.usable ? await reach.try(place) : undefined))),
    reach.look(),
  ])
  const words = offers.map(({ label, baseUrl, models }) => `${label} at ${baseUrl}, ${plural(models.length, 'model')}`)
  return [...found, ...words.map((says) => ok('found', `${says}: not used; the page of models offers it`))]
}

function finding(place: Place, tried: Tried | undefined): Finding {
  const trouble = place.keyFrom === 'environment' ? undefined : place.typedKey?.trouble
  const says = [`${place.label}:`, keyWords(place), trouble ?? tried?.says].filter((word) => word).join(' ')
  return tried?.ok && !trouble ? ok('provider', says) : warn('provider', says)
}

function keyWords({ kind, keyFrom }: Place): string {
  if (keyFrom === 'environment') return `key from ${VENDORS[kind].keySetting}.`
  return keyFrom === 'typed' ? 'key typed.' : ''
}
