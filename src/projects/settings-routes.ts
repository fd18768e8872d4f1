import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { ScanPolicy } from '../files/scan/policy.ts'
import type { Models } from '../llm/models.ts'
import type { Actor, Guard } from '../web/guard.ts'
import { page } from '../web/page.ts'
import { statusOf } from '../web/problems.ts'
import { understood } from '../web/understood.ts'
import { etagOf, versionIn } from '../web/versions.ts'
import { PROJECT_SAYS } from './answers.ts'
import { modelFor } from './model-for.ts'
import { editProject, type ProjectsDeps, type ProjectWish, projectById, projectJson } from './projects.ts'
import { APPROVALS, changeSettings, type Settings, settingsOf } from './settings.ts'
import { type ShellDeps, shellFor } from './shell.ts'

export interface SettingsRoutesDeps extends ProjectsDeps, ShellDeps {
  guard: Guard
  models: Models
  tierNamed(name: string | undefined): string
  tiers(): { id: string; label: string }[]
}

const Title = z.string('takes a text').trim().min(1, 'must not be empty').max(160)
const Tags = z.array(z.string().trim().min(1).max(80)).max(20)
const Wish = z.object({
  title: Title.optional(),
  summary: z.string().max(2_000).optional(),
  model: z.string().max(200).optional(),
  tier: z.string().max(40).optional(),
  priority: z.number('takes a whole number').int().min(-100).max(100).optional(),
  tags: Tags.optional(),
})
const SettingsWish = z.object({ approval: z.enum(APPROVALS).optional(), scan: ScanPolicy.optional() })
const VERDICTS = ['block', 'ask', 'note'] as const

const Form = z.object({
  version: z.coerce.number().int().min(1),
  title: z.string().max(400),
  summary: z.string().max(2_000).default(''),
  tags: z.string().max(2_000).default(''),
  priority: z.coerce.number().int().min(-100).max(100).default(0),
  tier: z.string().max(40),
  approval: z.enum(APPROVALS),
  ...Object.fromEntries(placesOf(ScanPolicy.parse({})).map(([place]) => [place, z.enum(VERDICTS).optional()])),
})
type Typed = z.infer<typeof Form>

/** How a project is called, and what holds for its work. */
export function settingsRoutes(deps: SettingsRoutesDeps) {
  return new Elysia().use(settingsApi(deps)).use(settingsPages(deps))
}

function settingsApi(deps: SettingsRoutesDeps) {
  return new Elysia({ prefix: '/api/projects/:id' })
    .use(deps.guard)
    .patch(
      '/',
      async ({ params, body, request, actor, set }) => {
        await projectById(deps.read, params.id)
        const author = { by: personOf(actor), reason: 'Edited the project', baseVersion: versionIn(request) }
        await deps.db.write((tx) => editProject(deps, tx, params.id, checkedWish(deps, body), author))
        const project = await projectById(deps.read, params.id)
        set.headers.etag = etagOf(project)
        return { project: projectJson(project) }
      },
      { body: Wish, ...PROJECT_SAYS.edit },
    )
    .get(
      '/settings',
      async ({ params }) => ({ settings: await settingsOf(deps.read, (await projectById(deps.read, params.id)).id) }),
      PROJECT_SAYS.settings,
    )
    .patch(
      '/settings',
      async ({ params, body, actor }) => {
        const { id } = await projectById(deps.read, params.id)
        await set(deps, id, body, actor)
        return { settings: await settingsOf(deps.read, id) }
      },
      { body: SettingsWish, ...PROJECT_SAYS.setSettings },
    )
}

function settingsPages(deps: SettingsRoutesDeps) {
  const shown = async (request: Request, actor: Actor, id: string, typed?: Typed, error?: DomainError) => {
    const project = await projectById(deps.read, id)
    const settings = await settingsOf(deps.read, id)
    const shell = await shellFor(deps, actor, `Settings · ${project.title}`, id)
    const scan = Object.fromEntries(placesOf(settings.scan))
    const present: Typed = { ...project, ...scan, tags: project.tags.join(', '), approval: settings.approval }
    const data = { shell, project, typed: typed ?? present, tiers: deps.tiers(), error: error ?? null }
    return page(request, 'projects/settings', data, { status: error ? statusOf(error) : 200 })
  }
  return new Elysia()
    .use(deps.guard)
    .get('/projects/:id/settings', ({ request, params, actor }) => shown(request, actor, params.id))
    .post(
      '/projects/:id/settings',
      async ({ request, params, body, actor }) => {
        const { version, approval, tags, title, summary, priority, tier, ...rest } = body
        const fields = { title, summary, priority, tier }
        try {
          const { id } = await projectById(deps.read, params.id)
          const given = { ...fields, tags: tags.split(',').flatMap((tag) => tag.trim() || []) }
          const wish = checkedWish(deps, understood(Wish, given))
          const author = { by: personOf(actor), reason: 'Edited the project', baseVersion: version }
          await deps.db.write((tx) => editProject(deps, tx, id, wish, author))
          await set(deps, id, { approval, scan: scanIn(rest) }, actor)
          return new Response(null, { status: 303, headers: { location: `/projects/${id}` } })
        } catch (error) {
          if (!(error instanceof DomainError) || error.code === 'unknown_project') throw error
          return shown(request, actor, params.id, body, error)
        }
      },
      {
        body: Form,
        // Before its body is looked at: whoever names no project hears of that.
        transform: async ({ params }) => void (await projectById(deps.read, params.id)),
      },
    )
}

/** The fields of the form that stand for a policy, with what each says. */
function placesOf(policy: ScanPolicy): [place: string, verdict: (typeof VERDICTS)[number]][] {
  return Object.entries(policy).flatMap(([kind, verdicts]) =>
    Object.entries(verdicts).map(([severity, verdict]): [string, (typeof VERDICTS)[number]] => [
      `scan-${kind}-${severity}`,
      verdict,
    ]),
  )
}

function scanIn(fields: Record<string, unknown>): ScanPolicy {
  const said = { secrets: {}, danger: {} } as Record<string, Record<string, unknown>>
  for (const [place, verdict] of Object.entries(fields)) {
    const [, kind, severity] = place.split('-')
    if (kind && severity && verdict && said[kind]) said[kind][severity] = verdict
  }
  return ScanPolicy.parse(said)
}

async function set(
  deps: SettingsRoutesDeps,
  project: string,
  wish: { [Name in keyof Settings]?: Settings[Name] | undefined },
  actor: Actor,
) {
  const now = await settingsOf(deps.read, project)
  const given = Object.entries(wish).filter(
    ([name, value]) => value !== undefined && !Bun.deepEquals(value, now[name as keyof Settings]),
  )
  if (given.length === 0) return
  const author = { by: personOf(actor), reason: 'Changed the settings' }
  await deps.db.write((tx) => changeSettings(deps, tx, project, Object.fromEntries(given), author))
}

/** @throws Invalid when there is no such model or tier */
function checkedWish(deps: SettingsRoutesDeps, { model, tier, ...wish }: z.infer<typeof Wish>): ProjectWish {
  const given = Object.entries(wish).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(given),
    ...(model === undefined ? {} : { model: modelFor(deps.models, model) }),
    ...(tier === undefined ? {} : { tier: deps.tierNamed(tier) }),
  }
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}
