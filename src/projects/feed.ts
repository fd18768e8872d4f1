import { sseMessage } from '../events/encode.ts'
import type { Hub } from '../events/hub.ts'
import type { Lines } from '../events/line.ts'
import type { Log } from '../log.ts'
import { streamOf, type Watch } from '../web/stream.ts'
import { type PageDeps, type ProjectPage, projectPage } from './page.ts'
import { changedRegions, partialsOf, type Region, regionsOf } from './regions.ts'

/** Shortest time between two renderings of one project's page. */
const RENDER_MS = 200

export interface FeedDeps extends PageDeps {
  hub: Hub
  log: Log
}

/** The pages of projects as they change, for browsers; one rendering serves all who watch the same project. */
export interface Feeds {
  /**
   * An event stream: first the page's regions as they are now, then each as it changes. Whoever comes back needs no
   * cursor, since the first message is the present.
   */
  open(project: string, previewOrigin: string, watch: Watch): Response
}

/** What one rendering serves: a project, as seen by browsers that reach previews at the same origin. */
interface Watched {
  project: string
  previewOrigin: string
}

interface FeedReader {
  write(bytes: Uint8Array): void
  close(): void
}

interface Feed {
  readers: Set<FeedReader>
  shown: Region[]
  /** Renders within RENDER_MS, if somebody is there. */
  soon(): void
}

const utf8 = new TextEncoder()
/** Says that the connection lives; no part of a page. */
const BEAT = utf8.encode(sseMessage({ event: 'beat', data: 'alive' }))

export function openFeeds(deps: FeedDeps): Feeds {
  const { hub } = deps
  const feeds = new Map<string, Feed>()

  async function show(watched: Watched, reader: FeedReader, signal: AbortSignal): Promise<void> {
    const page = await projectPage(deps, watched.project, watched.previewOrigin)
    if (signal.aborted) return
    const shown = regionsOf(page)
    reader.write(message(page, shown))
    const feed = feeds.get(keyOf(watched)) ?? openFeed(watched, shown)
    feed.readers.add(reader)
    feed.soon() // what happened between the first rendering and now
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    feed.readers.delete(reader)
  }

  function openFeed(watched: Watched, shown: Region[]): Feed {
    const { project } = watched
    let due: ReturnType<typeof setTimeout> | undefined
    let missed = false
    const render = async () => {
      missed = false
      if (feed.readers.size === 0) return close()
      await sendChanges(deps, watched, feed).catch((error) =>
        deps.log.error('a project’s page could not be rendered', { project, error }),
      )
      due = undefined // one at a time: an older page must never overtake a newer one
      if (missed) soon()
    }
    const soon = () => {
      missed = true
      due ??= setTimeout(render, RENDER_MS)
    }
    const hear = (lines: Lines) => {
      if (lines.some(({ type }) => type !== 'heartbeat')) soon()
      if (lines.every(({ type }) => type !== 'heartbeat')) return
      for (const { write } of feed.readers) write(BEAT)
      if (feed.readers.size === 0 || hub.source.beats({ project }).length > 0) soon()
    }
    const close = () => {
      unsubscribe()
      clearTimeout(due)
      if (feeds.get(keyOf(watched)) === feed) feeds.delete(keyOf(watched))
    }
    const over = (reason: 'idle' | 'shutdown') => {
      if (reason === 'idle') return soon()
      close()
      for (const reader of feed.readers) reader.close()
    }
    const unsubscribe = hub.subscribe({ scope: { project }, deliver: hear, over })
    const feed: Feed = { readers: new Set(), shown, soon }
    feeds.set(keyOf(watched), feed)
    return feed
  }

  return {
    open: (project, previewOrigin, watch) =>
      streamOf('text/event-stream', watch, deps.log, (write, _room, close, signal) =>
        show({ project, previewOrigin }, { write, close }, signal),
      ),
  }
}

function keyOf({ project, previewOrigin }: Watched): string {
  return `${project} ${previewOrigin}`
}

async function sendChanges(deps: FeedDeps, { project, previewOrigin }: Watched, feed: Feed): Promise<void> {
  const page = await projectPage(deps, project, previewOrigin)
  const now = regionsOf(page)
  const changed = changedRegions(feed.shown, now)
  feed.shown = now
  if (changed.length === 0) return
  const bytes = message(page, changed)
  for (const { write } of feed.readers) write(bytes)
}

function message({ stream }: ProjectPage, regions: Region[]): Uint8Array {
  return utf8.encode(sseMessage({ id: stream.lastSeq, data: partialsOf(regions) }))
}
