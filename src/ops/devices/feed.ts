import type { Region } from '../../projects/regions.ts'
import { renderView } from '../../web/views.ts'
import { type LivePage, type LivePageDeps, openLivePage } from '../live-page.ts'
import { type DevicesDeps, type DevicesPage, devicesPage } from './view.ts'

/** How old a look at the devices may be while somebody watches. */
const LOOK_MS = 3_000

/** The page of devices as it changes. */
export function openDevicesFeed(deps: DevicesDeps & LivePageDeps): LivePage {
  return openLivePage(deps, async () => {
    await deps.watch.recent(LOOK_MS)
    return regionsOf(await devicesPage(deps))
  })
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
