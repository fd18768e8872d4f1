import { z } from 'zod'
import { ndjson, sse } from '../events/encode.ts'
import { type FollowDeps, follow } from '../events/follow.ts'
import type { Scope } from '../events/line.ts'
import type { Log } from '../log.ts'
import type { Lasting } from './lasting.ts'
import { openStream } from './stream.ts'

/** What the URL of an event stream may say. */
export const EventsQuery = z.object({
  /** The `seq` of the last durable line that the reader has. */
  after: z.coerce.number('takes the seq of the last line that you have').int().min(0).default(0),
  /** false: end at the present instead of waiting for more. */
  follow: z.stringbool('takes true or false').default(true),
})

/** The events of a scope as NDJSON, or as SSE for those who ask for nothing else; `Last-Event-ID` resumes too. */
export function eventsResponse(
  deps: FollowDeps & { lasting: Lasting; log: Log },
  scope: Scope,
  request: Request,
  query: z.infer<typeof EventsQuery>,
): Response {
  const asSse = request.headers.get('accept') === 'text/event-stream'
  const after = Number(request.headers.get('last-event-id') ?? 0) || query.after
  return openStream({
    type: asSse ? 'text/event-stream' : 'application/x-ndjson',
    scope,
    encode: asSse ? sse : ndjson,
    watch: deps.lasting.watch(request),
    log: deps.log,
    begin: (sink) => follow(deps, { scope, after, until: query.follow ? 'while-active' : 'present' }, sink),
  })
}
