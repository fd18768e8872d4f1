import type { Aside } from '../../projects/page.ts'
import { renderView } from '../../web/views.ts'
import { executionsOf } from './executions.ts'

/** The box in which a person has something run, and how that went, as a part of the project's page. */
export async function runPanel(deps: Parameters<typeof executionsOf>[0], project: string): Promise<Aside> {
  const view = { project, ...(await executionsOf(deps, project)) }
  const offers = renderView('workspace/_offers', view)
  const last = renderView('workspace/_runs', view)
  return {
    html: renderView('workspace/run', view),
    regions: [
      { id: 'run-offers', sign: offers, html: offers },
      { id: 'runs', sign: last, html: last },
    ],
  }
}
