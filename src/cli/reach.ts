import { join } from 'node:path'
import { z } from 'zod'
import type { AccountsDeps } from '../accounts/accounts.ts'
import { openHasher } from '../accounts/hasher.ts'
import { LOCAL_MARK, readServer, type ServerFacts } from '../accounts/local.ts'
import { systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { lockDataDirectory } from '../db/lock.ts'
import { openDatabase } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import { openEventLog } from '../events/append.ts'
import { openHub } from '../events/hub.ts'
import { openLog } from '../log.ts'

const PROBLEM = z.object({
  code: z.string(),
  detail: z.string(),
  retryable: z.boolean().catch(false),
  context: z.record(z.string(), z.unknown()).catch({}),
})

/**
 * Does a thing where the data is: by HTTP when a server owns the data directory, else in the database itself, under
 * the directory's lock.
 */
export function reach<T>(
  config: Config,
  { server, database }: { server: (facts: ServerFacts) => Promise<T>; database: (deps: AccountsDeps) => Promise<T> },
): Promise<T> {
  const facts = readServer(config.data)
  return facts ? server(facts) : withDatabase(config, database)
}

/** Where a server answers, and what makes this command its owner. */
export type Door = Pick<ServerFacts, 'url' | 'secret'>

/** Asks the server of this machine, as its owner. @throws DomainError with the server's own code and sentence, or `server_unreachable` */
export async function ask(server: Door, path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await askFor(server, path, init)
  return response.json().catch(() => null)
}

/** The same for an answer that is not JSON. */
export async function askFor({ url, secret }: Door, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(init.headers as Record<string, string> | undefined),
    authorization: `Bearer ${LOCAL_MARK}${secret}`,
  }
  const response = await fetch(`${url}${path}`, { ...init, headers }).catch((cause) => {
    throw unreachable(url, cause)
  })
  if (response.ok) return response
  const body = await response.json().catch(() => null)
  const problem = PROBLEM.safeParse(body).data
  if (!problem) throw unreachable(url, body)
  throw new DomainError(problem.code, problem.detail, problem)
}

async function withDatabase<T>(config: Config, work: (deps: AccountsDeps) => Promise<T>): Promise<T> {
  using _lock = lockDataDirectory(config.data)
  const log = openLog(config.log)
  const { now, newId } = systemClock
  await using db = await openDatabase({
    url: config.databaseUrl,
    token: config.databaseToken,
    backups: join(config.data, 'backups'),
    now,
    log,
  })
  using hub = openHub({ now })
  return await work({ db, events: openEventLog({ hub, now }), now, newId, hasher: openHasher(), log })
}

function unreachable(url: string, cause: unknown): DomainError {
  return new DomainError(
    'server_unreachable',
    `The Hearth server at ${url} does not answer. Restart it and try again.`,
    {
      retryable: true,
      cause,
    },
  )
}
