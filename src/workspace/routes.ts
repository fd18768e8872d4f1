import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Changes } from '../changes/changes.ts'
import { CHANGES_PAGE, changeById, changesOf } from '../changes/history.ts'
import type { Change, Operation } from '../changes/tables.ts'
import type { Database } from '../db/open.ts'
import { NotFound } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import type { Log } from '../log.ts'
import { projectById } from '../projects/projects.ts'
import { type ShellDeps, shellFor } from '../projects/shell.ts'
import { download } from '../web/download.ts'
import type { Guard } from '../web/guard.ts'
import { page } from '../web/page.ts'
import { WORKSPACE_SAYS } from './answers.ts'
import { zipOf } from './archive.ts'
import { fileAt } from './files.ts'
import { gitRoutes } from './git/git-routes.ts'
import type { Highlighter } from './highlight/highlighter.ts'
import { type ImportRoutesDeps, importRoutes } from './import/import-routes.ts'
import { filePage } from './page.ts'
import { rawResponse } from './raw.ts'
import { decodePath, disposition } from './urls.ts'

export interface WorkspaceRoutesDeps extends ShellDeps, ImportRoutesDeps {
  /** Where the git program is; null: there is none; undefined: where the machine says. */
  gitProgram?: string | null
  log: Log
  db: Database
  blobs: Blobs
  changes: Changes
  guard: Guard
  highlighter: Highlighter
}

const FileQuery = z.object({ version: z.coerce.number('takes a whole number').int().min(1).optional() })

const ChangesQuery = z.object({
  limit: z.coerce.number(`takes a number from 1 to ${CHANGES_PAGE}`).int().min(1).max(CHANGES_PAGE).default(50),
  before: z.string().optional(),
})

/** What a route here reads as it arrives, up to a limit of its own. */
export function readsItsOwnBody(request: Request): boolean {
  return request.method === 'POST' && STREAMED.test(new URL(request.url).pathname)
}

const STREAMED = /^(\/git\/[^/]+\/git-upload-pack|(\/api)?(\/projects\/[^/]+)?\/imports)$/

/** All that a project's files and changes answer to. */
export function workspaceRoutes(deps: WorkspaceRoutesDeps) {
  return new Elysia().use(workspaceApi(deps)).use(workspacePages(deps)).use(importRoutes(deps)).use(gitRoutes(deps))
}

/** The API of a project's files and of its changes. */
function workspaceApi(deps: WorkspaceRoutesDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get(
      '/projects/:id/files/*',
      async ({ params, query, request }) => {
        const { id } = await projectById(deps.read, params.id)
        return rawResponse(deps.blobs, request, await fileAt(deps.read, id, pathIn(params['*']), query.version))
      },
      { query: FileQuery, ...WORKSPACE_SAYS.file },
    )
    .get('/projects/:id/zip', ({ params }) => zipResponse(deps, params.id), WORKSPACE_SAYS.zip)
    .get(
      '/projects/:id/changes',
      async ({ params, query }) => {
        const { id } = await projectById(deps.read, params.id)
        const items = await changesOf(deps.read, id, query)
        return { items: items.map(changeJson), nextCursor: items.length === query.limit ? items.at(-1)!.id : null }
      },
      { query: ChangesQuery, ...WORKSPACE_SAYS.changes },
    )
    .post(
      '/changes/:id/reversal',
      async ({ params, actor, set }) => {
        const change = await deps.db.write((tx) => deps.changes.undo(tx, params.id, { by: `person:${actor.id}` }))
        set.status = 201
        return { change: changeJson(change) }
      },
      WORKSPACE_SAYS.undo,
    )
}

/** The pages of a project's files: the viewer, the download of all, the undoing of a change. */
function workspacePages(deps: WorkspaceRoutesDeps) {
  return new Elysia()
    .use(deps.guard)
    .get('/projects/:id/files/*', async ({ params, request, actor }) => {
      const data = await filePage(deps, params.id, pathIn(params['*']))
      const shell = await shellFor(deps, actor, `${data.file.path} · ${data.project.title}`, data.project.id)
      return page(request, 'workspace/file', { ...data, shell })
    })
    .get('/projects/:id/zip', ({ params }) => zipResponse(deps, params.id))
    .post('/changes/:id/reversal', async ({ params, actor }) => {
      const { scope } = await changeById(deps.read, params.id)
      await deps.db.write((tx) => deps.changes.undo(tx, params.id, { by: `person:${actor.id}` }))
      return new Response(null, { status: 303, headers: { location: `/projects/${encodeURIComponent(scope)}` } })
    })
}

async function zipResponse(deps: WorkspaceRoutesDeps, project: string): Promise<Response> {
  const { id, title } = await projectById(deps.read, project)
  return new Response(download(await zipOf(deps, id), deps.log), {
    headers: {
      'content-type': 'application/zip',
      'content-disposition': disposition('attachment', `${title.replace(/[/\\]+/g, '-')}.zip`),
      'cache-control': 'no-store',
    },
  })
}

function pathIn(rest: string): string {
  const path = decodePath(rest)
  if (path === undefined) throw new NotFound('file', rest)
  return path
}

function changeJson({ seq: _, scope, operations, ...change }: Change) {
  return { ...change, project: scope, operations: operations.map(operationJson) }
}

function operationJson({ seq: _, change: __, scope: ___, ...operation }: Operation) {
  return operation
}
