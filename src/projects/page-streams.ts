import { sseMessage } from '../events/encode.ts'
import type { Hub } from '../events/hub.ts'
import type { Lines, Scope } from '../events/line.ts'
import type { Log } from '../log.ts'
import type { Watch } from '../web/lasting.ts'
import { type Outlet, streamOf, type Work } from '../web/stream.ts'
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

interface WatchedPage {
  /** Sends the page to a reader, and what changes until that is stopped; cuts the reader when it can't be rendered. */
  show(reader: Outlet): Work
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
    open: (watched, watch) => streamOf('text/event-stream', watch, deps.log, (outlet) => pageOf(watched).show(outlet)),
  }
}

/** A page that somebody watches; it calls `closed` when nobody does any more. */
function openPage<W>({ hub, log }: Deps, kind: PageKind<W>, watched: W, closed: () => void): WatchedPage {
  const scope = kind.scopeOf(watched)
  /** Who watches, and whether it has all regions. */
  const readers = new Map<Outlet, boolean>()
  let shown: Region[] = []

  async function sendNews(): Promise<void> {
    const now = await kind.look(watched)
    const news = message(now, changedRegions(shown, now.regions))
    const whole = [...readers.values()].includes(false) ? message(now, changedRegions([], now.regions)) : undefined
    shown = now.regions
    for (const [reader, hasPage] of readers) {
      const bytes = hasPage ? news : whole
      readers.set(reader, true)
      if (bytes) reader.write(bytes)
    }
  }

  const pace = openPace(sendNews, kind.renderMs, (error) => log.error('a page could not be rendered', { scope, error }))

  function hear(lines: Lines): void {
    if (lines.some(({ type }) => type === 'heartbeat')) for (const reader of readers.keys()) reader.write(BEAT)
    if (lines.some(({ type }) => type !== 'heartbeat') || hub.source.beats(scope).length > 0) pace.soon()
  }

  function over(reason: 'idle' | 'shutdown'): void {
    if (reason === 'idle') pace.soon()
    else for (const reader of [...readers.keys()]) reader.close()
  }

  const subscriber = { scope, deliver: hear, over }
  hub.subscribe(subscriber)

  function leave(reader: Outlet): void {
    if (!readers.delete(reader) || readers.size > 0) return
    hub.unsubscribe(subscriber)
    pace.stop()
    closed()
  }

  return {
    show(reader) {
      readers.set(reader, false)
      pace.now().catch((error) => reader.fail(error))
      return { stop: () => leave(reader) }
    },
  }
}

/** Runs `render` at once, then at most each `ms`, one at a time: an older page must never overtake a newer one. */
function openPace(render: () => Promise<void>, ms: number, failed: (error: unknown) => void) {
  let due: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let last = Number.NEGATIVE_INFINITY

  /** Who asks while it runs is served by that run, and by another one for what it may have missed. */
  function now(): Promise<void> {
    clearTimeout(due)
    due = undefined
    again = running !== undefined
    if (!running) last = performance.now()
    running ??= render().finally(() => {
      running = undefined
      if (again) soon()
    })
    return running
  }

  function soon(): void {
    if (running) again = true
    else if (!stopped) due ??= setTimeout(() => now().catch(failed), Math.max(0, last + ms - performance.now()))
  }

  function stop(): void {
    stopped = true
    clearTimeout(due)
  }

  return { now, soon, stop }
}

function message({ lastSeq }: Look, regions: Region[]): Uint8Array | undefined {
  return regions.length === 0 ? undefined : utf8.encode(sseMessage({ id: lastSeq ?? null, data: partialsOf(regions) }))
}
