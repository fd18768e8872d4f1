import { Elysia } from 'elysia'
import { z } from 'zod'
import { Contested } from '../../changes/contest.ts'
import { contestedResponse } from '../../changes/contest-answer.ts'
import type { Reader } from '../../db/open.ts'
import { projectById } from '../../projects/projects.ts'
import { bytesOf } from '../../web/body.ts'
import type { Guard } from '../../web/guard.ts'
import { WORKSPACE_SAYS } from '../answers.ts'
import { tellContests } from '../history/contested-files.ts'
import { pathIn } from '../urls.ts'
import { ChooseQuery, choicesFor } from './choose.ts'
import { type EditingDeps, MOST_PUT_BYTES, putFile, removeFile, seenIn } from './put-file.ts'

export interface EditingRoutesDeps extends EditingDeps {
  read: Reader
  guard: Guard
}

const ReasonQuery = z.object({ reason: z.string().max(500, 'takes at most 500 characters').optional() })

/** Writing and removing the files of a project by a program, against the version that it saw. */
export function editingApi(deps: EditingRoutesDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .put(
      '/projects/:id/files/*',
      async ({ params, query, request, actor, set }) => {
        const { id: project } = await projectById(deps.read, params.id)
        const path = pathIn(params['*'])
        const seen = seenIn(request.headers)
        const content = await bytesOf(request, MOST_PUT_BYTES)
        const by = `person:${actor.id}`
        const choices = choicesFor(path, query, seen)
        return tellingContests(deps, project, async () => {
          const edited = await putFile(deps, { project, path, content, seen, choices, by, reason: query.reason })
          const { file, change, created, merged } = edited
          set.status = created ? 201 : 200
          set.headers.etag = `"${file.version}"`
          return { path: file.path, version: file.version, bytes: file.bytes, merged, change: change.id }
        })
      },
      { query: ChooseQuery, ...WORKSPACE_SAYS.put },
    )
    .delete(
      '/projects/:id/files/*',
      async ({ params, query, request, actor }) => {
        const { id: project } = await projectById(deps.read, params.id)
        const seen = seenIn(request.headers)
        const removed = { project, path: pathIn(params['*']), seen, by: `person:${actor.id}`, reason: query.reason }
        return tellingContests(deps, project, async () => ({ change: (await removeFile(deps, removed)).id }))
      },
      { query: ReasonQuery, ...WORKSPACE_SAYS.remove },
    )
}

/** 412, with both sides: a file's version is named by the headers alone. */
async function tellingContests<T>(deps: EditingRoutesDeps, project: string, act: () => Promise<T>) {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof Contested)) throw error
    return contestedResponse(error, 412, await tellContests(deps, project, error.contests))
  }
}
