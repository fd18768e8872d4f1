import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import type { EventLog } from '../../events/append.ts'
import type { Models } from '../../llm/models.ts'
import { titleFromBrief } from '../../projects/brief.ts'
import { modelFor } from '../../projects/model-for.ts'
import { insertProject, projectById } from '../../projects/projects.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { openSlots } from '../slots.ts'
import { IMPORT_SAYS } from './answers.ts'
import { type ImportDeps, type Imported, importFiles, importInto } from './import.ts'
import { type IntakeDeps, openScratch } from './intake.ts'
import { receive, type Wishes } from './receive.ts'
import { importBusy } from './refusals.ts'

/** Imports that are read at once, and how many may wait. */
const SLOTS = { most: 2, waiting: 8, busy: importBusy }

export interface ImportRoutesDeps extends ImportDeps, Omit<IntakeDeps, 'scratch'>, ShellDeps {
  guard: Guard
  /** The data directory. */
  data: string
  events: EventLog
  now: () => number
  models: Models
  /** `auto`, when none is named. */
  tierNamed(name: string | undefined): string
}

const Query = z.object({
  mode: z.string().optional(),
  unwrap: z.string().optional(),
  title: z.string().max(200).optional(),
})

/** Files from outside: into a project, or as a new one. */
export function importRoutes(deps: ImportRoutesDeps) {
  const receiving = { ...deps, scratch: openScratch(deps.data), slots: openSlots(SLOTS) }
  const into = async (project: string, request: Request, wishes: Wishes, actor: Actor) => {
    const { id } = await projectById(deps.read, project)
    const { brought, mode } = await receive(receiving, request, wishes)
    return importFiles(deps, { project: id, brought, mode, by: `person:${actor.id}` })
  }
  const asNew = async (request: Request, wishes: Wishes, actor: Actor) => {
    const { brought, title } = await receive(receiving, request, wishes)
    const by = `person:${actor.id}`
    return deps.db.write(async (tx) => {
      const project = await insertProject(deps, tx, {
        brief: titleFromBrief(plain(title)),
        model: modelFor(deps.models, undefined),
        tier: deps.tierNamed(undefined),
        autorun: false,
        status: 'done',
        by,
      })
      return {
        project: project.id,
        ...(await importInto(deps, tx, { project: project.id, brought, mode: undefined, by })),
      }
    })
  }
  return new Elysia()
    .use(deps.guard)
    .post(
      '/api/projects/:id/imports',
      async ({ params, request, query, actor, set }) => {
        const done = await into(params.id, request, query, actor)
        set.status = 201
        return { project: params.id, ...done }
      },
      { query: Query, ...IMPORT_SAYS.into },
    )
    .post(
      '/api/imports',
      async ({ request, query, actor, set }) => {
        const done = await asNew(request, query, actor)
        set.status = 201
        return done
      },
      { query: Query, ...IMPORT_SAYS.asNew },
    )
    .get('/imports', ({ request, actor }) => form(deps, request, actor, {}))
    .post('/imports', async ({ request, actor }) => {
      try {
        const { project } = await asNew(request, {}, actor)
        return new Response(null, { status: 303, headers: { location: `/projects/${project}` } })
      } catch (error) {
        return form(deps, request, actor, { error })
      }
    })
    .get('/projects/:id/imports', async ({ params, request, actor }) => {
      const { id, title } = await projectById(deps.read, params.id)
      return form(deps, request, actor, { project: { id, title } })
    })
    .post('/projects/:id/imports', async ({ params, request, actor }) => {
      const { id, title } = await projectById(deps.read, params.id)
      try {
        return await form(deps, request, actor, { project: { id, title }, done: await into(id, request, {}, actor) })
      } catch (error) {
        return form(deps, request, actor, { project: { id, title }, error })
      }
    })
}

interface FormView {
  project?: { id: string; title: string }
  done?: Imported
  error?: unknown
}

/** The form, with what became of the last try. What is no error of the person's goes on to where all errors go. */
async function form(
  deps: ImportRoutesDeps,
  request: Request,
  actor: Actor,
  { project, done, error }: FormView,
): Promise<Response> {
  if (error !== undefined && !(error instanceof DomainError)) throw error
  const shell = await shellFor(deps, actor, project ? `Import · ${project.title}` : 'Start from files', project?.id)
  const context = error?.context ?? {}
  const inTheWay = Array.isArray(context.paths) ? context.paths : []
  return page(
    request,
    'workspace/import',
    {
      shell,
      project: project ?? null,
      done: done ?? null,
      error: error?.message ?? null,
      inTheWay,
      count: context.count ?? 0,
    },
    { status: error ? statusOf(error) : 200 },
  )
}

/** A name that was given, as a title: no marks that turn or hide the text around them. */
function plain(title: string | undefined): string {
  return (title ?? '').normalize('NFC').replace(/\p{C}/gu, ' ').trim() || 'Imported files'
}
