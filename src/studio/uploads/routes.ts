import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { projectById } from '../../projects/projects.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import { bytes } from '../../web/format.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { openSlots } from '../../workspace/slots.ts'
import { UPLOAD_SAYS } from './answers.ts'
import { type IntakeDeps, openScratch } from './intake.ts'
import { type KeepDeps, keepUploads, type Uploads } from './keep.ts'
import { AT_ONCE, MOST_FILES, WAITING } from './limits.ts'
import { receive, type Wishes } from './receive.ts'
import { busy, type Refused } from './refusals.ts'

export interface UploadRoutesDeps extends KeepDeps, Omit<IntakeDeps, 'scratch'>, ShellDeps {
  guard: Guard
  /** The data directory. */
  data: string
  uploadBytes: number
}

const Query = z.object({ name: z.string().max(2_000).optional(), folder: z.string().max(1_024).optional() })

/** Whether the route reads the body itself, as it arrives. */
export function streamsUpload(request: Request): boolean {
  return request.method === 'POST' && UPLOADS.test(new URL(request.url).pathname)
}

const UPLOADS = /^(\/api)?\/projects\/[^/]+\/uploads$/

/** What people bring into a project: pictures, clips, texts. */
export function uploadRoutes(deps: UploadRoutesDeps) {
  const slots = openSlots({ most: AT_ONCE, waiting: WAITING, busy })
  const receiving = { ...deps, scratch: openScratch(deps.data), slots }
  const upload = async (project: string, request: Request, wishes: Wishes, actor: Actor) => {
    const { id } = await projectById(deps.read, project)
    const received = await receive(receiving, request, wishes)
    return keepUploads(deps, { project: id, received, by: `person:${actor.id}` })
  }
  return new Elysia()
    .use(deps.guard)
    .post(
      '/api/projects/:id/uploads',
      async ({ params, request, query, actor, set }) => {
        const uploads = await upload(params.id, request, query, actor)
        set.status = 201
        return uploads
      },
      { query: Query, ...UPLOAD_SAYS.upload },
    )
    .get('/projects/:id/uploads', async ({ params, request, actor }) => {
      const { id, title } = await projectById(deps.read, params.id)
      return form(deps, request, actor, { project: { id, title } })
    })
    .post('/projects/:id/uploads', async ({ params, request, actor }) => {
      const { id, title } = await projectById(deps.read, params.id)
      const project = { id, title }
      try {
        return await form(deps, request, actor, { project, done: await upload(id, request, {}, actor) })
      } catch (error) {
        return form(deps, request, actor, { project, error })
      }
    })
}

interface FormView {
  project: { id: string; title: string }
  done?: Uploads
  error?: unknown
}

/** The form, with what became of the last try. What is no error of the person's goes on to where all errors go. */
async function form(
  deps: UploadRoutesDeps,
  request: Request,
  actor: Actor,
  { project, done, error }: FormView,
): Promise<Response> {
  if (error !== undefined && !(error instanceof DomainError)) throw error
  const shell = await shellFor(deps, actor, `Upload · ${project.title}`, project.id)
  const refused = done?.refused ?? (error?.context.refused as Refused[] | undefined) ?? []
  const limits = { most: bytes(deps.uploadBytes), files: MOST_FILES }
  return page(
    request,
    'studio/uploads',
    { shell, project, limits, done: done ?? null, refused, error: refused.length ? null : (error?.message ?? null) },
    { status: error ? statusOf(error) : 200 },
  )
}
