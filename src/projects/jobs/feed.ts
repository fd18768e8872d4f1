import { sseMessage } from '../../events/encode.ts'
import type { Hub } from '../../events/hub.ts'
import type { Lines } from '../../events/line.ts'
import type { Log } from '../../log.ts'
import { streamOf, type Watch } from '../../web/stream.ts'
import { renderView } from '../../web/views.ts'
import { changedRegions, partialsOf, type Region } from '../regions.ts'
import { type JobPage, type JobPageDeps, jobPage } from './page.ts'

/** Shortest time between two renderings of one reader's page. */
const RENDER_MS = 250
const PARTS = ['head', 'now', 'attempts', 'checkpoints'] as const

export interface JobFeedDeps extends JobPageDeps {
  hub: Hub
  log: Log
}

const utf8 = new TextEncoder()
/** Says that the connection lives; no part of a page. */
const BEAT = utf8.encode(sseMessage({ event: 'beat', data: 'alive' }))

/** An event stream for the page of a job: its regions as they are now, then each as it changes, until the reader leaves. */
export function jobStream(deps: JobFeedDeps, id: string, watch: Watch): Response {
  const { hub, log } = deps
  return streamOf('text/event-stream', watch, log, async (write, _room, close, signal) => {
    let shown: Region[] = []
    let due: ReturnType<typeof setTimeout> | undefined
    let missed = false
    const render = async () => {
      missed = false
      const now = regionsOf(await jobPage(deps, id))
      const changed = changedRegions(shown, now)
      shown = now
      if (changed.length > 0 && !signal.aborted) write(utf8.encode(sseMessage({ data: partialsOf(changed) })))
    }
    const soon = () => {
      missed = true
      due ??= setTimeout(async () => {
        await render().catch((error) => log.error('a job’s page could not be rendered', { job: id, error }))
        due = undefined // one at a time: an older page must never overtake a newer one
        if (missed && !signal.aborted) soon()
      }, RENDER_MS)
    }
    const deliver = (lines: Lines) => {
      if (lines.some(({ type }) => type === 'heartbeat')) write(BEAT)
      if (lines.some(({ type }) => type !== 'heartbeat') || hub.source.beats({ job: id }).length > 0) soon()
    }
    const over = (reason: 'idle' | 'shutdown') => (reason === 'idle' ? soon() : close())
    const unsubscribe = hub.subscribe({ scope: { job: id }, deliver, over })
    signal.addEventListener('abort', () => clearTimeout(due), { once: true })
    try {
      await render()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    } finally {
      unsubscribe()
    }
  })
}

function regionsOf(page: JobPage): Region[] {
  return PARTS.map((name) => {
    const html = renderView(`jobs/_${name}`, page)
    return { id: `job-${name}`, sign: html, html }
  })
}
