import { parseArgs } from 'node:util'
import { Invalid } from '../errors.ts'
import type { ScheduleView } from '../ops/schedules/view.ts'
import { moment } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { ask } from './reach.ts'
import { theServer } from './schedules.ts'

const HOW = `usage: hearth schedule add NAME --kind KIND --cron "M H D M W" [--timezone ZONE] [--missed once|skip] [--input JSON]
       hearth schedule time ID [--cron "M H D M W"] [--timezone ZONE] [--missed once|skip]
       hearth schedule pause|resume|run|remove ID`

/** What each verb asks of the server, and what it says then. */
const VERBS: Record<string, { method: string; path: (id: string) => string; says: (id: string) => string }> = {
  pause: { method: 'POST', path: (id) => `/${id}/pause`, says: (id) => `Paused ${id}.` },
  resume: { method: 'POST', path: (id) => `/${id}/resumption`, says: (id) => `Resumed ${id}.` },
  run: { method: 'POST', path: (id) => `/${id}/runs`, says: (id) => `Started ${id}.` },
  remove: { method: 'DELETE', path: (id) => `/${id}`, says: (id) => `Removed ${id}.` },
}

type Asked = NonNullable<ReturnType<typeof understood>>

/** `hearth schedule VERB …`: adds a schedule, gives it other times, pauses, resumes or removes it, or runs it now. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    io.out(await doIt(io, asked))
    return 0
  })
}

async function doIt({ config }: Cli, { verb, what, values }: Asked): Promise<string> {
  const server = theServer(config)
  const id = encodeURIComponent(what)
  if (verb === 'add' || verb === 'time') {
    const { input, ...rest } = values
    const body = JSON.stringify({ ...rest, ...(verb === 'add' && { name: what, input: inputOf(input) }) })
    const path = verb === 'add' ? '/api/schedules' : `/api/schedules/${id}`
    const answer = await ask(server, path, { method: verb === 'add' ? 'POST' : 'PATCH', body })
    return saved((answer as { schedule: ScheduleView }).schedule)
  }
  const { method, path, says } = VERBS[verb]!
  await ask(server, `/api/schedules${path(id)}`, { method })
  return says(what)
}

function saved({ id, nextAt }: ScheduleView): string {
  return nextAt === null ? `${id} is paused.` : `${id} runs next at ${moment(nextAt)} UTC.`
}

function inputOf(text = '{}'): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Invalid('bad_json', 'The text after --input is not valid JSON. Check its quotes, commas and brackets.')
  }
}

function understood(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        cron: { type: 'string' },
        timezone: { type: 'string' },
        missed: { type: 'string' },
        input: { type: 'string' },
      },
    })
    const [verb, what, ...rest] = positionals
    if (!verb || !what || rest.length > 0) return undefined
    if (verb === 'add') return values.kind && values.cron ? { verb, what, values } : undefined
    const { kind, input, ...times } = values
    const many = Object.keys(times).length
    if (kind || input || (verb === 'time' ? many === 0 : many > 0 || !VERBS[verb])) return undefined
    return { verb, what, values: times as typeof values }
  } catch {
    return undefined // an option that doesn't exist: the usage line says which do
  }
}
