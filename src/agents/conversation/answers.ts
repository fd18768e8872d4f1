import { z } from 'zod'
import { JobForm } from '../../projects/jobs/answers.ts'
import { says } from '../../web/openapi.ts'

const Time = z.number().int().describe('ms since the epoch')

const Line = z.object({ sign: z.enum(['-', '+', ' ', '…']), text: z.string() })

const CallForm = z
  .object({
    id: z.string(),
    tool: z.string(),
    says: z.string().describe('What it does, for a person.'),
    state: z.enum(['waiting', 'asking', 'approved', 'refused', 'done', 'failed']),
    input: z.string().describe('Its arguments: JSON, if all is well.'),
    diff: z.array(Line),
    result: z.string().nullable(),
    question: z
      .object({
        says: z.string(),
        diff: z.array(Line).optional(),
        notes: z.array(z.string()).optional(),
        base: z.string(),
      })
      .nullable()
      .describe('What a person is asked, or was.'),
    whole: z.string().nullable().describe('Where all of it is, when not all of it is here.'),
  })
  .meta({ id: 'ToolCall' })

const Attachments = z.array(z.object({ path: z.string(), version: z.number().int() }))

const ExchangeForm = z
  .object({
    id: z.string(),
    text: z.string(),
    by: z.string(),
    attachments: Attachments,
    at: Time,
    state: z.enum(['waiting', 'answering', 'asking', 'paused', 'answered', 'stopped', 'failed', 'held']),
    job: z.object({ id: z.string(), attempt: z.number().int(), state: z.string() }).nullable(),
    rounds: z.array(z.object({ text: z.string(), isPartial: z.boolean(), calls: z.array(CallForm) })),
    typing: z.string().nullable().describe('What is being said at this moment.'),
    note: z.string().nullable(),
    standing: z.number().int().describe('Changes that the answer has made and that stand.'),
  })
  .meta({ id: 'Exchange' })

const MessageForm = z
  .object({
    id: z.string(),
    text: z.string(),
    by: z.string(),
    attachments: Attachments,
    state: z.string(),
    job: z.string().nullable(),
    at: Time,
  })
  .meta({ id: 'Message' })

const TAG = 'Conversation'
const decided = () => ({
  202: { says: 'The call, and the job, which goes on.', form: z.object({ call: z.string(), job: JobForm }) },
})

/** What the API of conversations says of itself. */
export const CONVERSATION_SAYS = {
  list: says('listMessages', TAG, 'What was said about a project, the newest last', () => ({
    200: { says: 'The exchanges.', form: z.object({ items: z.array(ExchangeForm) }) },
  })),
  send: says('sendMessage', TAG, 'Say something to the model about a project', () => ({
    201: {
      says: 'The message, and the job that answers it; null while it waits for the answer before.',
      form: z.object({ message: MessageForm, job: JobForm.nullable() }),
    },
  })),
  call: says('getToolCall', TAG, 'A call with all of its arguments and its result', () => ({
    200: { says: 'The call, whole.', form: CallForm },
  })),
  approve: says('approveToolCall', TAG, 'Let a call run that would destroy something', decided),
  refuse: says('refuseToolCall', TAG, 'Refuse a call that would destroy something', decided),
  undo: says('undoAnswer', TAG, 'Undo all that an answer has changed', () => ({
    201: { says: 'The change that undoes it.', form: z.object({ change: z.string() }) },
  })),
}
