import { Elysia } from 'elysia'
import { z } from 'zod'
import { choicesIn } from '../../changes/choices.ts'
import { Contested } from '../../changes/contest.ts'
import { EDIT_WORDS } from '../../changes/contest-view.ts'
import { changeUrl } from '../../changes/lasts.ts'
import { DomainError, Invalid, NotFound } from '../../errors.ts'
import { projectPath } from '../../files/paths.ts'
import { projectById } from '../../projects/projects.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import type { Actor } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { exactText } from '../exact-text.ts'
import { fileAt, type ProjectFile } from '../files.ts'
import { conflictPage } from '../history/conflict.ts'
import { editUrl, fileUrl, pathIn } from '../urls.ts'
import type { EditingRoutesDeps } from './editing-routes.ts'
import { putFile } from './put-file.ts'
import { typedText } from './typed-text.ts'

/** Longest file that is edited on a page, in bytes. */
const MOST_EDITED_BYTES = 500_000
/** The most that the form may bring: the text, of which each character may be sent as nine. */
export const MOST_FORM_BYTES = 6 * 1024 * 1024

const EDIT_PAGE = /^\/projects\/[^/]+\/edit\//

/** How much may be sent to an address here, where it is more than usual. */
export function formLimit(request: Request): number | undefined {
  return EDIT_PAGE.test(new URL(request.url).pathname) ? MOST_FORM_BYTES : undefined
}

const Sent = z.object({
  content: z.string('takes a text').default(''),
  reason: z.string().max(500, 'takes at most 500 characters').default(''),
  version: z.coerce.number('takes the version that you saw').int().min(0),
  /** To go on typing, instead of deciding. */
  again: z.string().optional(),
})
type Sent = z.infer<typeof Sent>

/** What the form of a file shows. */
interface Form {
  project: { id: string; title: string }
  path: string
  content: string
  reason: string
  version: number
  /** The file's version now, where it is another one than was seen. */
  present: number | null
  error: { message: string } | null
}

/** Editing a file of a project on its page; it works without script. */
export function editPages(deps: EditingRoutesDeps & ShellDeps) {
  return new Elysia()
    .use(deps.guard)
    .get('/projects/:id/edit/*', async ({ params, request, actor }) => {
      const { id, title } = await projectById(deps.read, params.id)
      const path = projectPath(pathIn(params['*']))
      const file = await presentOf(deps, id, path)
      const content = file ? await editable(deps, file) : ''
      const form = { path, content, reason: '', version: file?.version ?? 0, present: null, error: null }
      return shown(deps, request, actor, { project: { id, title }, ...form })
    })
    .post('/projects/:id/edit/*', async ({ params, body, request, actor }) => {
      const { id, title } = await projectById(deps.read, params.id)
      const path = projectPath(pathIn(params['*']))
      return saved(deps, { request, actor, body, sent: understood(body), project: { id, title }, path })
    })
}

interface Saving {
  request: Request
  actor: Actor
  body: unknown
  sent: Sent
  project: { id: string; title: string }
  path: string
}

/** Saves what was typed; what others changed meanwhile is kept beside it, or has to be decided about. */
async function saved(deps: EditingRoutesDeps & ShellDeps, saving: Saving): Promise<Response> {
  const { request, actor, body, sent, project, path } = saving
  const { version, reason } = sent
  const content = typedText(sent.content, await seenText(deps, project.id, path, version))
  const form = { project, path, content, reason, version }
  if (sent.again !== undefined) {
    const present = await presentOf(deps, project.id, path)
    return shown(deps, request, actor, { ...form, present: present?.version ?? 0, error: null })
  }
  try {
    const { change, merged } = await putFile(deps, {
      project: project.id,
      path,
      content,
      by: `person:${actor.id}`,
      reason: reason || `Edited ${path}`,
      seen: version === 0 ? 'nothing' : { version },
      choices: choicesIn(body),
    })
    return seeOther(merged ? changeUrl(change.id) : fileUrl(project.id, path))
  } catch (error) {
    if (error instanceof Contested) return contested(deps, saving, content, error)
    if (!(error instanceof DomainError)) throw error
    return shown(deps, request, actor, { ...form, present: null, error }, statusOf(error))
  }
}

async function contested(
  deps: EditingRoutesDeps & ShellDeps,
  { request, actor, body, sent, project, path }: Saving,
  content: string,
  error: Contested,
): Promise<Response> {
  const data = await conflictPage(deps, error, {
    project,
    title: path,
    words: EDIT_WORDS,
    body,
    action: editUrl(project.id, path),
    hidden: [
      ['version', String(sent.version)],
      ['reason', sent.reason],
    ],
    typed: content,
    back: { url: fileUrl(project.id, path), words: 'Leave the file as it is' },
    send: 'Save, with this',
  })
  const shell = await shellFor(deps, actor, `${path} · ${project.title}`, project.id)
  return page(request, 'workspace/conflict', { ...data, shell }, { status: 409 })
}

async function shown(
  deps: EditingRoutesDeps & ShellDeps,
  request: Request,
  actor: Actor,
  form: Form,
  status = 200,
): Promise<Response> {
  const shell = await shellFor(deps, actor, `${form.path} · ${form.project.title}`, form.project.id)
  const urls = { action: editUrl(form.project.id, form.path), back: fileUrl(form.project.id, form.path) }
  return page(request, 'workspace/edit', { ...form, ...urls, shell }, { status })
}

/** @throws Invalid `not_editable` */
async function editable(deps: EditingRoutesDeps, file: ProjectFile): Promise<string> {
  const text = file.bytes > MOST_EDITED_BYTES ? undefined : await exactText(deps, file)
  if (text !== undefined && !text.includes('\0')) return text
  throw new Invalid(
    'not_editable',
    `“${file.path}” is no text of at most 500 KB, so it can’t be edited here. Download it, and put it back by the API.`,
    { context: { path: file.path } },
  )
}

/** The text that its editor saw; empty where there was none. */
async function seenText(deps: EditingRoutesDeps, project: string, path: string, version: number): Promise<string> {
  if (version === 0) return ''
  return (await exactText(deps, await fileAt(deps.read, project, path, version))) ?? ''
}

async function presentOf(deps: EditingRoutesDeps, project: string, path: string): Promise<ProjectFile | undefined> {
  try {
    return await fileAt(deps.read, project, path)
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}

function understood(body: unknown): Sent {
  const read = Sent.safeParse(body ?? {})
  if (read.success) return read.data
  const { path, message } = read.error.issues[0]!
  const field = path.join('.')
  throw new Invalid('invalid_input', `The field “${field}” ${message}.`, { context: { field } })
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}
