import { Elysia } from 'elysia'
import { z } from 'zod'
import type { LiveJobs } from '../../jobs/live.ts'
import { projectById } from '../../projects/projects.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { fragment, isPartial } from '../../web/page.ts'
import { CONVERSATION_SAYS } from './answers.ts'
import { type CallView, wholeCall } from './call-view.ts'
import { decide } from './decisions.ts'
import { messageById, projectOfConversation, sendMessage } from './messages.ts'
import type { MessageRow } from './tables.ts'
import { undoAnswer } from './undo-answer.ts'
import { exchangeViews } from './view.ts'

export interface ConversationRoutesDeps extends TasksDeps {
  guard: Guard
  live: LiveJobs
}

const MessageBody = z.object({
  text: z.string('takes a text').default(''),
  attach: z
    .union([z.array(z.string()), z.string().transform((path) => [path])], 'takes paths of files of the project')
    .optional(),
})
const ListQuery = z.object({ limit: z.coerce.number('takes a number from 1 to 200').int().min(1).max(200).default(50) })

/** All that conversations answer to. */
export function conversationRoutes(deps: ConversationRoutesDeps) {
  return new Elysia().use(conversationApi(deps)).use(conversationForms(deps))
}

/** The API of conversations. */
function conversationApi(deps: ConversationRoutesDeps) {
  const read = deps.db.read
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get(
      '/projects/:id/messages',
      async ({ params, query }) => {
        const { id } = await projectById(read, params.id)
        return { items: await exchangeViews({ ...deps, read }, id, query.limit) }
      },
      { query: ListQuery, ...CONVERSATION_SAYS.list },
    )
    .post(
      '/projects/:id/messages',
      async ({ params, body, actor, set }) => {
        const { message, job } = await sendMessage(deps, {
          ...messageIn(body),
          project: params.id,
          by: personOf(actor),
        })
        set.status = 201
        return { message: messageJson(message), job }
      },
      { body: MessageBody, ...CONVERSATION_SAYS.send },
    )
    .get('/tool-calls/:id', ({ params }) => wholeCall(read, params.id), CONVERSATION_SAYS.call)
    .post(
      '/tool-calls/:id/approval',
      async ({ params, actor, set }) => {
        set.status = 202
        const { call, job } = await decide(deps, params.id, personOf(actor), true)
        return { call: call.id, job }
      },
      CONVERSATION_SAYS.approve,
    )
    .post(
      '/tool-calls/:id/refusal',
      async ({ params, actor, set }) => {
        set.status = 202
        const { call, job } = await decide(deps, params.id, personOf(actor), false)
        return { call: call.id, job }
      },
      CONVERSATION_SAYS.refuse,
    )
    .post(
      '/messages/:id/reversal',
      async ({ params, actor, set }) => {
        const undone = await undoAnswer(deps, params.id, personOf(actor))
        set.status = 201
        return { change: undone.id }
      },
      CONVERSATION_SAYS.undo,
    )
}

/** The forms of the conversation on a project's page. */
function conversationForms(deps: ConversationRoutesDeps) {
  const app = new Elysia().use(deps.guard).post(
    '/projects/:id/messages',
    async ({ params, body, actor, request }) => {
      await sendMessage(deps, { ...messageIn(body), project: params.id, by: personOf(actor) })
      return backTo(params.id, request)
    },
    { body: MessageBody },
  )
  for (const [noun, approved] of Object.entries({ approval: true, refusal: false }))
    app.post(`/tool-calls/:id/${noun}`, async ({ params, actor, request }) => {
      const { job } = await decide(deps, params.id, personOf(actor), approved)
      return backTo(job.scope!, request)
    })
  app.get('/tool-calls/:id', async ({ params, request }) => {
    const call = await wholeCall(deps.db.read, params.id)
    return isPartial(request) ? fragment('agents/_call_body', { call }) : asText(call)
  })
  return app.post('/messages/:id/reversal', async ({ params, actor, request }) => {
    const project = await projectOf(deps, params.id)
    await undoAnswer(deps, params.id, personOf(actor))
    return backTo(project, request)
  })
}

async function projectOf({ db }: ConversationRoutesDeps, message: string): Promise<string> {
  const { conversation } = await messageById(db.read, message)
  return projectOfConversation(db.read, conversation)
}

/** Without script back to the page; with it the page's stream brings what has changed. */
function backTo(project: string, request: Request): Response {
  if (isPartial(request)) return new Response(null, { status: 204 })
  return new Response(null, { status: 303, headers: { location: `/projects/${project}#talk` } })
}

/** Without script: all of a call as text, which no browser takes for a page. */
function asText({ says, input, result }: CallView): Response {
  return new Response(`${says}\n\nArguments\n${input}\n\nResult\n${result ?? '(none yet)'}\n`, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', vary: 'HX-Request-Type' },
  })
}

function messageIn({ text, attach = [] }: z.infer<typeof MessageBody>) {
  return { text, attach }
}

function messageJson({ id, text, by, attachments, state, job, at }: MessageRow) {
  return { id, text, by, attachments: attachments ?? [], state, job, at }
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}
