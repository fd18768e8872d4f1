import { readServer, type ServerFacts } from '../accounts/local.ts'
import type { Config } from '../config.ts'
import { Conflict } from '../errors.ts'
import type { ScheduleView } from '../ops/schedules/view.ts'
import { moment } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { ask } from './reach.ts'

const HOW = 'usage: hearth schedules [--json]'

/** `hearth schedules`: one line a schedule: its id, when it runs next, how it went, its name. */
export async function run(args: string[], io: Cli): Promise<number> {
  const json = args[0] === '--json'
  if (args.length > (json ? 1 : 0)) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const { items } = (await ask(theServer(io.config), '/api/schedules')) as { items: ScheduleView[] }
    if (json) io.out(JSON.stringify(items))
    else for (const item of items) io.out(line(item))
    return 0
  })
}

/** The server that owns the data directory. @throws Conflict `server_needed` */
export function theServer({ data }: Config): ServerFacts {
  const facts = readServer(data)
  if (facts) return facts
  throw new Conflict('server_needed', `No Hearth server runs on ${data}. Run hearth serve, then repeat this.`)
}

function line({ id, name, cron, timezone, pausedAt, nextAt, last }: ScheduleView): string {
  const next = pausedAt !== null ? 'paused' : nextAt === null ? 'never' : `${moment(nextAt)} UTC`
  const went = last ? `${last.state}${last.says ? `: ${last.says}` : ''}` : 'not yet run'
  return [id, `${cron} ${timezone}`, next, name, went].join('  ')
}
