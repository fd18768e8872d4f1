import type { Hub } from '../events/hub.ts'
import type { Log } from '../log.ts'
import { type PageDeps, projectPage } from './page.ts'
import { openPageStreams, type PageStreams } from './page-streams.ts'
import { regionsOf } from './regions.ts'

/** Shortest time between two renderings of one project's page. */
const RENDER_MS = 200

export interface FeedDeps extends PageDeps {
  hub: Hub
  log: Log
}

/** A project, as seen by browsers that reach previews at the same origin. */
interface Watched {
  project: string
  previewOrigin: string
}

/** The pages of projects as they change. */
export type Feeds = PageStreams<Watched>

export function openFeeds(deps: FeedDeps): Feeds {
  return openPageStreams<Watched>(deps, {
    renderMs: RENDER_MS,
    scopeOf: ({ project }) => ({ project }),
    async look({ project, previewOrigin }) {
      const page = await projectPage(deps, project, previewOrigin)
      return { regions: regionsOf(page), lastSeq: page.stream.lastSeq }
    },
  })
}
