import type { Hub } from '../../events/hub.ts'
import type { Log } from '../../log.ts'
import { renderView } from '../../web/views.ts'
import { openPageStreams, type PageStreams } from '../page-streams.ts'
import type { Region } from '../regions.ts'
import { type JobPage, type JobPageDeps, jobPage } from './page.ts'

/** Shortest time between two renderings of one job's page. */
const RENDER_MS = 250
const PARTS = ['head', 'now', 'made', 'run', 'money', 'attempts', 'checkpoints'] as const

export interface JobFeedDeps extends JobPageDeps {
  hub: Hub
  log: Log
}

/** The pages of jobs as they change. */
export function openJobFeeds(deps: JobFeedDeps): PageStreams<{ job: string }> {
  return openPageStreams<{ job: string }>(deps, {
    renderMs: RENDER_MS,
    scopeOf: ({ job }) => ({ job }),
    look: async ({ job }) => ({ regions: regionsOf(await jobPage(deps, job)) }),
  })
}

function regionsOf(page: JobPage): Region[] {
  return PARTS.map((name) => {
    const html = renderView(`jobs/_${name}`, page)
    return { id: `job-${name}`, sign: html, html }
  })
}
