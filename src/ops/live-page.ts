import type { Clock } from '../clock.ts'
import { sseMessage } from '../events/encode.ts'
import type { Log } from '../log.ts'
import { changedRegions, partialsOf, type Region } from '../projects/regions.ts'
import type { Watch } from '../web/lasting.ts'
import { type Outlet, streamOf } from '../web/stream.ts'

/** How often a page is rendered while somebody watches it. */
const RENDER_MS = 1_000

const utf8 = new TextEncoder()
const BEAT = utf8.encode(sseMessage({ event: 'beat', data: 'alive' }))

/** A page as it changes: rendered once a second for all who watch it, each is sent what differs. */
export interface LivePage extends AsyncDisposable {
  open(watch: Watch): Response
}

export interface LivePageDeps {
  clock: Clock
  log: Log
}

export function openLivePage({ clock, log }: LivePageDeps, render: () => Promise<Region[]>): LivePage {
  const readers = new Map<Outlet, Region[]>()
  const stop = new AbortController()
  let rounds: Promise<void> | undefined

  async function sendNews(): Promise<void> {
    const now = await render()
    for (const [reader, shown] of readers) {
      const news = changedRegions(shown, now)
      readers.set(reader, now)
      reader.write(news.length > 0 ? utf8.encode(sseMessage({ id: null, data: partialsOf(news) })) : BEAT)
    }
  }

  async function goRound(): Promise<void> {
    while (readers.size > 0 && !stop.signal.aborted) {
      await sendNews().catch((error) => log.error('a live page could not be rendered', { error }))
      await clock.sleep(RENDER_MS, stop.signal)
    }
    rounds = undefined
  }

  return {
    open: (watch) =>
      streamOf('text/event-stream', watch, log, (reader) => {
        readers.set(reader, [])
        rounds ??= goRound()
        return { stop: () => readers.delete(reader) }
      }),
    async [Symbol.asyncDispose]() {
      stop.abort()
      for (const reader of [...readers.keys()]) reader.close()
      await rounds
    },
  }
}
