import { Elysia } from 'elysia'
import { z } from 'zod'
import { Forbidden } from '../errors.ts'
import type { Log } from '../log.ts'
import { download } from '../web/download.ts'
import type { Guard } from '../web/guard.ts'
import { type ListedRoute, openApiOf } from '../web/openapi.ts'
import { OPS_SAYS } from './answers.ts'
import { type BackupDeps, backupOf, databaseFile } from './backup.ts'
import { type DoctorDeps, examine } from './doctor.ts'
import { type HealthDeps, readiness } from './health.ts'
import { type MetricsDeps, metricsText } from './metrics.ts'
import { VERSION } from './version.ts'

const NO_STORE = { 'cache-control': 'no-store' }

/** For whoever watches over the process: open to all, says nothing about anybody. */
export const healthRoutes = (deps: HealthDeps) =>
  new Elysia({ name: 'health' })
    .get('/health/live', () => Response.json({ live: true }, { headers: NO_STORE }))
    .get('/health/ready', async () => {
      const state = await readiness(deps)
      return Response.json(state, { status: state.ready ? 200 : 503, headers: NO_STORE })
    })

export interface OpsRoutesDeps extends MetricsDeps {
  door: Guard
  doctor: DoctorDeps
  backup: BackupDeps
  log: Log
  /** All routes of the app that these are mounted in. */
  routes: () => readonly ListedRoute[]
}

const BackupBody = z.object({ includeKey: z.boolean('takes true or false').default(false) })

/** For those who may look inside. */
export const opsRoutes = ({ door, doctor, backup, log, routes, ...deps }: OpsRoutesDeps) =>
  new Elysia({ name: 'ops' })
    .use(door)
    .get('/metrics', async () => {
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', ...NO_STORE }
      return new Response(await metricsText(deps), { headers })
    })
    .get(
      '/api/doctor',
      async ({ actor }) => {
        if (!actor.scopes.includes('admin'))
          throw new Forbidden('owner_only', 'Only the owner may examine the machine.')
        return { items: await examine(doctor) }
      },
      OPS_SAYS.doctor,
    )
    .get('/api/openapi.json', () => openApiOf(routes(), VERSION), OPS_SAYS.openapi)
    .post(
      '/api/backups',
      async ({ actor, body }) => {
        if (actor.via !== 'local') throw localOnly()
        databaseFile(doctor.config.databaseUrl)
        return new Response(download(await backupOf(backup, body), log), {
          headers: { 'content-type': 'application/x-tar', ...NO_STORE },
        })
      },
      { body: BackupBody, ...OPS_SAYS.backup },
    )

/** A backup holds every account's password hash. */
function localOnly(): Forbidden {
  return new Forbidden('local_only', 'A backup is made on the machine itself: run hearth backup there.')
}
