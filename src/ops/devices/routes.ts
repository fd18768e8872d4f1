import { Elysia } from 'elysia'
import { Forbidden, NotFound } from '../../errors.ts'
import type { DeviceWatch } from '../../gpu/devices/watch.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import type { Lasting } from '../../web/lasting.ts'
import { type PageData, page } from '../../web/page.ts'
import type { LivePage } from '../live-page.ts'
import { DEVICES_SAY } from './answers.ts'
import { type DevicesDeps, devicesPage } from './view.ts'

/** How old a look at the devices may be for who asks. */
const LOOK_MS = 3_000

export interface DeviceRoutesDeps extends DevicesDeps {
  door: Guard
  lasting: Lasting
  feed: LivePage
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

/** The page of devices, live, and the API. Everybody may look, the owner may say that a device is used again. */
export const deviceRoutes = (deps: DeviceRoutesDeps) =>
  new Elysia({ name: 'devices' })
    .use(deps.door)
    .get(
      '/api/devices',
      async () => {
        await deps.watch.recent(LOOK_MS)
        const { items, ...more } = await devicesPage(deps)
        return { items: items.map(({ chart: _, tag: __, ...device }) => device), ...more }
      },
      DEVICES_SAY.list,
    )
    .post(
      '/api/devices/:id/recovery',
      ({ params, actor }) => {
        useAgain(deps.watch, params.id, actor)
        return new Response(null, { status: 204 })
      },
      DEVICES_SAY.recover,
    )
    .get('/devices', async ({ request, actor }) => {
      await deps.watch.recent(LOOK_MS)
      const shell = await deps.shell(actor, 'Devices')
      return page(request, 'ops/devices', { ...(await devicesPage(deps)), shell, stream: '/devices/stream' })
    })
    .get('/devices/stream', ({ request }) => deps.feed.open(deps.lasting.watch(request)))
    .post('/devices/:id/recovery', ({ params, actor }) => {
      useAgain(deps.watch, params.id, actor)
      return new Response(null, { status: 303, headers: { location: '/devices' } })
    })

/** @throws NotFound `unknown_device`, Forbidden `owner_only` */
function useAgain(watch: DeviceWatch, id: string, actor: Actor): void {
  if (!watch.now().some((device) => device.id === id)) throw new NotFound('device', id)
  if (!actor.scopes.includes('admin'))
    throw new Forbidden('owner_only', 'Only the owner says that a device is used again.')
  watch.mend(id)
}
