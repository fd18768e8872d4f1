import { chainOf } from './chains.ts'
import { factsOf } from './model-table.ts'
import type { Models } from './models.ts'
import type { Provider } from './provider.ts'

/** Models that stay as they are. */
export function fixedModels(providers: Provider[]): Models {
  return {
    providers: () => providers,
    chain: (purpose, wanted) => chainOf({ purpose, providers }, wanted),
    facts: factsOf,
  }
}
