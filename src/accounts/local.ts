import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { newSecret, sameSecret } from './secrets.ts'

/** What a bearer token that is the local secret starts with. */
export const LOCAL_MARK = 'local_'
const FILE = 'server.json'
/** Fields of /proc/<pid>/stat after the command's name: the 22nd of all is the process's start time. */
const START_FIELD = 22 - 3

const ANNOUNCEMENT = z.object({
  pid: z.number().int().positive(),
  /** Tells this process from a later one with the same id; empty where the system doesn't say. */
  start: z.string(),
  url: z.string(),
  secret: z.string(),
})

/** Where the server of a data directory listens, and the secret that makes a command on this machine its owner. */
export type ServerFacts = z.infer<typeof ANNOUNCEMENT>

/**
 * Tells commands of the same user on this machine where the server is, in `<data>/server.json` (mode 0600).
 * Disposing takes the file away.
 */
export function announceServer(
  data: string,
  { url, secret = newSecret() }: { url: string; secret?: string },
): ServerFacts & Disposable {
  const facts: ServerFacts = { pid: process.pid, start: startOf(process.pid) ?? '', url, secret }
  const path = join(data, FILE)
  const draft = `${path}.new` // one name, so that what a killed start has left is written over
  rmSync(draft, { force: true }) // the mode is only obeyed for a file that is new
  writeFileSync(draft, `${JSON.stringify(facts)}\n`, { mode: 0o600 })
  renameSync(draft, path)
  return { ...facts, [Symbol.dispose]: () => withdraw(data, secret) }
}

/** The running server of a data directory; undefined when there is none, also when one died without taking its file away. */
export function readServer(data: string): ServerFacts | undefined {
  const facts = readAnnouncement(data)
  return facts && isRunning(facts) ? facts : undefined
}

function withdraw(data: string, secret: string): void {
  const facts = readAnnouncement(data)
  if (facts && sameSecret(facts.secret, secret)) rmSync(join(data, FILE), { force: true })
}

function readAnnouncement(data: string): ServerFacts | undefined {
  try {
    return ANNOUNCEMENT.safeParse(JSON.parse(readFileSync(join(data, FILE), 'utf8'))).data
  } catch {
    return undefined // absent or cut off: nobody announces anything
  }
}

function isRunning({ pid, start }: ServerFacts): boolean {
  const now = startOf(pid)
  return now !== undefined && (start === '' || now === '' || now === start)
}

/** When a process started, as the system counts it; '' where it doesn't say, undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? ''
  } catch {
    return '' // no /proc: the id alone has to do
  }
}
