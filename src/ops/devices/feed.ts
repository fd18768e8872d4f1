import type { Clock } from '../../clock.ts'
import { sseMessage } from '../../events/encode.ts'
import type { Log } from '../../log.ts'
import { changedRegions, partialsOf, type Region } from '../../projects/regions.ts'
import type { Watch } from '../../web/lasting.ts'
import { type Outlet, streamOf } from '../../web/stream.ts'
import { renderView } from '../../web/views.ts'
import { type DevicesDeps, type DevicesPage, devicesPage } from './view.ts'

/** How often the page is rendered while somebody watches it, … */
const RENDER_MS = 1_000
/** … and how old a look at the devices may be then. */
const LOOK_MS = 3_000

const utf8 = new TextEncoder()
const BEAT = utf8.encode(sseMessage({ event: 'beat', data: 'alive' }))

/** The page of devices as it changes; looked at and rendered once for all who watch it. */
export interface DevicesFeed extends AsyncDisposable {
  open(watch: Watch): Response
}

export function openDevicesFeed(deps: DevicesDeps & { clock: Clock; log: Log }): DevicesFeed {
  const { clock, log, watch: devices } = deps
  const readers = new Map<Outlet, Region[]>()
  const stop = new AbortController()
  let rounds: Promise<void> | undefined

  async function sendNews(): Promise<void> {
    await devices.recent(LOOK_MS)
    const now = regionsOf(await devicesPage(deps))
    for (const [reader, shown] of readers) {
      const news = changedRegions(shown, now)
      readers.set(reader, now)
      reader.write(news.length > 0 ? utf8.encode(sseMessage({ id: null, data: partialsOf(news) })) : BEAT)
    }
  }

  async function goRound(): Promise<void> {
    while (readers.size > 0 && !stop.signal.aborted) {
      await sendNews().catch((error) => log.error('the page of devices could not be rendered', { error }))
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

/** The list is sent whole when a device comes or goes; each device is a region of its own. */
function regionsOf(page: DevicesPage): Region[] {
  const items = page.items.map((device) => {
    const html = renderView('ops/_device', { device })
    return { id: `device-${device.tag}`, sign: html, html, within: 'devices' }
  })
  const notes = renderView('ops/_device_notes', page)
  const list = {
    id: 'devices',
    sign: JSON.stringify(page.items.map(({ id }) => id)),
    html: renderView('ops/_devices', page),
  }
  return [{ id: 'device-notes', sign: notes, html: notes }, list, ...items]
}
