import { sseMessage } from '../events/encode.ts'
import type { Hub } from '../events/hub.ts'
import type { Lines, Scope } from '../events/line.ts'
import type { Log } from '../log.ts'
import { streamOf, type Watch } from '../web/stream.ts'
import { changedRegions, partialsOf, type Region } from './regions.ts'

/** A page as it is now. */
export interface Look {
  regions: Region[]
  /** The `seq` of the last event in it, for people who look. */
  lastSeq?: number
}

/** One kind of page; `Watched` says which one of the kind, and whatever else its looks depend on. */
export interface PageKind<Watched> {
  /** Whose events may change it. */
  scopeOf(watched: Watched): Scope
  look(watched: Watched): Promise<Look>
  /** Shortest time between two renderings of one page. */
  renderMs: number
}

/** Pages as they change, for browsers; one rendering serves all who watch the same page. */
export interface PageStreams<Watched> {
  /**
   * An event stream: first the page's regions as they are now, then each as it changes. Whoever comes back needs no
   * cursor, since the first message is the present.
   */
  open(watched: Watched, watch: Watch): Response
}

interface PageReader {
  /** False until it has all regions. */
  hasPage: boolean
  write(bytes: Uint8Array): void
  close(): void
}

interface WatchedPage {
  /** Sends the page to a reader, and what changes until the signal aborts; rejects when it can't be rendered. */
  show(reader: PageReader, signal: AbortSignal): Promise<void>
}

interface Deps {
  hub: Hub
  log: Log
}

const utf8 = new TextEncoder()
/** Says that the connection lives; no part of a page. */
const BEAT = utf8.encode(sseMessage({ event: 'beat', data: 'alive' }))

export function openPageStreams<Watched>(deps: Deps, kind: PageKind<Watched>): PageStreams<Watched> {
  const pages = new Map<string, WatchedPage>()

  function pageOf(watched: Watched): WatchedPage {
    const key = JSON.stringify(watched)
    const page = pages.get(key) ?? openPage(deps, kind, watched, () => pages.delete(key))
    pages.set(key, page)
    return page
  }

  return {
    open: (watched, watch) =>
      streamOf('text/event-stream', watch, deps.log, (write, _room, close, signal) =>
        pageOf(watched).show({ hasPage: false, write, close }, signal),
      ),
  }
}

/** A page that somebody watches; it calls `closed` when nobody does any more. */
function openPage<W>({ hub, log }: Deps, kind: PageKind<W>, watched: W, closed: () => void): WatchedPage {
  const scope = kind.scopeOf(watched)
  const readers = new Set<PageReader>()
  let shown: Region[] = []

  async function sendNews(): Promise<void> {
    const now = await kind.look(watched)
    const news = message(now, changedRegions(shown, now.regions))
    const whole = [...readers].some(({ hasPage }) => !hasPage) ? message(now, now.regions) : undefined
    shown = now.regions
    for (const reader of readers) {
      const bytes = reader.hasPage ? news : whole
      reader.hasPage = true
      if (bytes) reader.write(bytes)
    }
  }

  const pace = openPace(sendNews, kind.renderMs, (error) => log.error('a page could not be rendered', { scope, error }))

  function hear(lines: Lines): void {
    if (lines.some(({ type }) => type === 'heartbeat')) for (const { write } of readers) write(BEAT)
    if (lines.some(({ type }) => type !== 'heartbeat') || hub.source.beats(scope).length > 0) pace.soon()
  }

  function over(reason: 'idle' | 'shutdown'): void {
    if (reason === 'idle') pace.soon()
    else for (const { close } of readers) close()
  }

  const unsubscribe = hub.subscribe({ scope, deliver: hear, over })

  function leave(reader: PageReader): void {
    readers.delete(reader)
    if (readers.size > 0) return
    unsubscribe()
    pace.stop()
    closed()
  }

  return {
    async show(reader, signal) {
      readers.add(reader)
      try {
        await pace.now()
        await gone(signal)
      } finally {
        leave(reader)
      }
    },
  }
}

/** Runs `render` now and then, one at a time: an older page must never overtake a newer one. */
function openPace(render: () => Promise<void>, ms: number, failed: (error: unknown) => void) {
  let due: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let again = false
  let stopped = false

  /** Who asks while it runs is served by that run, and by another one for what it may have missed. */
  function now(): Promise<void> {
    clearTimeout(due)
    due = undefined
    again = running !== undefined
    running ??= render().finally(() => {
      running = undefined
      if (again) soon()
    })
    return running
  }

  function soon(): void {
    if (running) again = true
    else if (!stopped) due ??= setTimeout(() => now().catch(failed), ms)
  }

  function stop(): void {
    stopped = true
    clearTimeout(due)
  }

  return { now, soon, stop }
}

function gone(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function message({ lastSeq }: Look, regions: Region[]): Uint8Array | undefined {
  return regions.length === 0 ? undefined : utf8.encode(sseMessage({ id: lastSeq ?? null, data: partialsOf(regions) }))
}
