import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Changes } from '../changes/changes.ts'
import type { Database } from '../db/open.ts'
import type { Blobs } from '../files/blobs.ts'
import type { Log } from '../log.ts'
import { projectById } from '../projects/projects.ts'
import { type ShellDeps, shellFor } from '../projects/shell.ts'
import { download } from '../web/download.ts'
import type { Guard } from '../web/guard.ts'
import { page } from '../web/page.ts'
import { WORKSPACE_SAYS } from './answers.ts'
import { zipOf } from './archive.ts'
import { editPages } from './editing/edit-pages-routes.ts'
import { editingApi } from './editing/editing-routes.ts'
import { fileAt } from './files.ts'
import { gitRoutes } from './git/git-routes.ts'
import type { Highlighter } from './highlight/highlighter.ts'
import { historyPages } from './history/history-pages-routes.ts'
import { historyApi } from './history/history-routes.ts'
import { type ImportRoutesDeps, importRoutes } from './import/import-routes.ts'
import { filePage } from './page.ts'
import { rawResponse } from './raw.ts'
import { treePage } from './tree.ts'
import { disposition, pathIn } from './urls.ts'
import { versionRoutes } from './versions/routes.ts'

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

/** `at`: a change; the files are those just after it. */
const ZipQuery = z.object({ at: z.string().max(100).optional() })

/** What a route here reads as it arrives, up to a limit of its own. */
export function readsItsOwnBody(request: Request): boolean {
  const path = new URL(request.url).pathname
  return request.method === 'PUT' ? CONTENT.test(path) : request.method === 'POST' && STREAMED.test(path)
}

const STREAMED = /^(\/git\/[^/]+\/git-upload-pack|(\/api)?(\/projects\/[^/]+)?\/imports)$/
const CONTENT = /^\/api\/projects\/[^/]+\/files\//

/** All that a project's files and changes answer to. */
export function workspaceRoutes(deps: WorkspaceRoutesDeps) {
  return new Elysia()
    .use(workspaceApi(deps))
    .use(workspacePages(deps))
    .use(editingApi(deps))
    .use(editPages(deps))
    .use(historyApi(deps))
    .use(historyPages(deps))
    .use(versionRoutes(deps))
    .use(importRoutes(deps))
    .use(gitRoutes(deps))
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
    .get('/projects/:id/zip', ({ params, query }) => zipResponse(deps, params.id, query.at), {
      query: ZipQuery,
      ...WORKSPACE_SAYS.zip,
    })
}

/** The pages of a project's files: the viewer, the download of all. */
function workspacePages(deps: WorkspaceRoutesDeps) {
  return new Elysia()
    .use(deps.guard)
    .get(
      '/projects/:id/files',
      async ({ params, query, request, actor }) => {
        const data = await treePage(deps.read, params.id, query.q)
        const shell = await shellFor(deps, actor, `Files · ${data.project.title}`, data.project.id)
        return page(request, 'workspace/tree', { ...data, shell })
      },
      { query: z.object({ q: z.string().max(1_000).optional() }) },
    )
    .get(
      '/projects/:id/files/*',
      async ({ params, query, request, actor }) => {
        const data = await filePage(deps, params.id, pathIn(params['*']), query.version)
        const shell = await shellFor(deps, actor, `${data.file.path} · ${data.project.title}`, data.project.id)
        return page(request, 'workspace/file', { ...data, shell })
      },
      { query: FileQuery },
    )
    .get('/projects/:id/zip', ({ params, query }) => zipResponse(deps, params.id, query.at), { query: ZipQuery })
}

async function zipResponse(deps: WorkspaceRoutesDeps, project: string, at: string | undefined): Promise<Response> {
  const { id, title } = await projectById(deps.read, project)
  return new Response(download(await zipOf(deps, id, at), deps.log), {
    headers: {
      'content-type': 'application/zip',
      'content-disposition': disposition('attachment', `${title.replace(/[/\\]+/g, '-')}.zip`),
      'cache-control': 'no-store',
    },
  })
}
