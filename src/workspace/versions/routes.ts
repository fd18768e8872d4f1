import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Changes } from '../../changes/changes.ts'
import type { Database } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import { AROUND } from '../../files/diff/hunks.ts'
import { projectById } from '../../projects/projects.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import type { Guard } from '../../web/guard.ts'
import { fragment, page } from '../../web/page.ts'
import type { Highlighter } from '../highlight/highlighter.ts'
import { historyUrl, pathIn } from '../urls.ts'
import { VERSIONS_SAYS } from './answers.ts'
import { blameJson, diffJson, versionsJson } from './json.ts'
import { openLineage } from './lineage.ts'
import { blamePage, diffPage, diffPart, versionsPage } from './pages.ts'
import { restoreVersion } from './restore.ts'

export interface VersionRoutesDeps extends ShellDeps {
  db: Database
  blobs: Blobs
  changes: Changes
  guard: Guard
  highlighter: Highlighter
}

const number = (least: number) => z.coerce.number('takes a whole number').int().min(least)
const VersionsQuery = z.object({ before: number(1).optional() })
const DiffQuery = z.object({
  from: number(0).optional(),
  to: number(1).optional(),
  view: z.enum(['split', 'inline']).default('split'),
  context: z.union([z.literal('all'), number(0).max(1_000)]).default(AROUND),
  space: z.enum(['show', 'ignore']).default('show'),
  lines: z
    .string()
    .regex(/^\d{1,9}-\d{1,9}$/, 'takes two numbers of lines: 3-40')
    .optional(),
})
const BlameQuery = z.object({ version: number(1).optional() })
const RestoreForm = z.object({
  version: number(1).describe('The version that is written again.'),
  seen: number(1).describe('The version that you saw as the newest one.'),
})

/** The versions of each file, what differs between them, and who wrote which line. */
export function versionRoutes(deps: VersionRoutesDeps) {
  const own = { ...deps, lineage: openLineage(deps) }
  return new Elysia().use(versionsApi(own)).use(versionPages(own))
}

type OwnDeps = VersionRoutesDeps & { lineage: ReturnType<typeof openLineage> }

function versionsApi(deps: OwnDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get(
      '/projects/:id/versions/*',
      async ({ params, query }) => versionsJson(await versionsPage(deps, params.id, pathOf(params['*']), query.before)),
      { query: VersionsQuery, ...VERSIONS_SAYS.list },
    )
    .post(
      '/projects/:id/versions/*',
      async ({ params, body, actor, set }) => {
        const { id } = await projectById(deps.read, params.id)
        const path = pathOf(params['*'])
        const change = await restoreVersion(deps, { project: id, path, ...body, by: `person:${actor.id}` })
        set.status = 201
        return { change: change.id, version: change.operations.find(({ entityId }) => entityId === path)!.version }
      },
      { body: RestoreForm, transform: mustBeProject(deps), ...VERSIONS_SAYS.restore },
    )
    .get(
      '/projects/:id/diff/*',
      ({ params, query }) => diffJson(deps, params.id, pathOf(params['*']), { ...query, view: 'inline' }),
      { query: DiffQuery.omit({ view: true, lines: true }), ...VERSIONS_SAYS.diff },
    )
    .get(
      '/projects/:id/blame/*',
      ({ params, query }) => blameJson(deps, params.id, pathOf(params['*']), query.version),
      { query: BlameQuery, ...VERSIONS_SAYS.blame },
    )
}

function versionPages(deps: OwnDeps) {
  const shell = shellOf(deps)
  return new Elysia()
    .use(deps.guard)
    .get(
      '/projects/:id/versions/*',
      async ({ params, query, request, actor }) => {
        const data = await versionsPage(deps, params.id, pathOf(params['*']), query.before)
        return page(request, 'workspace/versions', {
          ...data,
          shell: await shell(actor, `Versions of ${data.path}`, data),
        })
      },
      { query: VersionsQuery },
    )
    .post(
      '/projects/:id/versions/*',
      async ({ params, body, actor }) => {
        const { id } = await projectById(deps.read, params.id)
        const path = pathOf(params['*'])
        await restoreVersion(deps, { project: id, path, ...body, by: `person:${actor.id}` })
        return new Response(null, { status: 303, headers: { location: historyUrl('versions', id, path) } })
      },
      { body: RestoreForm, transform: mustBeProject(deps) },
    )
    .get(
      '/projects/:id/diff/*',
      async ({ params, query: { lines, ...query }, request, actor }) => {
        const path = pathOf(params['*'])
        if (lines !== undefined)
          return fragment('workspace/_parts', await diffPart(deps, params.id, path, { ...query, lines: pairIn(lines) }))
        const data = await diffPage(deps, params.id, path, query)
        return page(request, 'workspace/diff', { ...data, shell: await shell(actor, `Changes of ${path}`, data) })
      },
      { query: DiffQuery },
    )
    .get(
      '/projects/:id/blame/*',
      async ({ params, query, request, actor }) => {
        const data = await blamePage(deps, params.id, pathOf(params['*']), query.version)
        return page(request, 'workspace/blame', { ...data, shell: await shell(actor, `Who wrote ${data.path}`, data) })
      },
      { query: BlameQuery },
    )
}

/** Before a body is looked at: whoever names no project hears of that. */
function mustBeProject({ read }: OwnDeps) {
  return async ({ params }: { params: { id: string } }) => void (await projectById(read, params.id))
}

function shellOf(deps: OwnDeps) {
  return (
    actor: Parameters<typeof shellFor>[1],
    title: string,
    { project }: { project: { id: string; title: string } },
  ) => shellFor(deps, actor, `${title} · ${project.title}`, project.id)
}

/** Names are kept in their composed form. */
function pathOf(rest: string): string {
  return pathIn(rest).normalize('NFC')
}

function pairIn(lines: string): [number, number] {
  return lines.split('-').map(Number) as [number, number]
}
