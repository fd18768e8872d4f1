import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { type Client, openClient, type WireLine } from '../../support/client.ts'
import { temporaryFolder } from '../../support/database.ts'
import { type AuthorFigures, type Ledger, openLedger, type Version } from './ledger.ts'
import { editUntil } from './person.ts'
import { PATHS, random } from './text.ts'

export interface Together {
  authors: AuthorFigures[]
  versions: number
  seconds: number
  /** The log, a line of JSON for each change: when, who, what it did, which versions of which files it made. */
  recording: string[]
}

interface AgentsEdit {
  path: string
  line: string
  search: string
  replace: string
}

/** Two people and an agent edit the same five files on one server, all at once, for some seconds. */
export async function editTogether({ seconds, seed }: { seconds: number; seed: number }): Promise<Together> {
  using data = temporaryFolder()
  await using server = await startServer(data.path, seed)
  const { client } = server
  const made = await (await client.post('/api/projects', { brief: 'five files of lines', tier: 'low' })).json()
  const project: string = made.project.id
  {
    using reading = await client.follow(`/api/projects/${project}/events`)
    await reading.until(({ type }) => type === 'end', 'the end of the first round')
  }
  const before = (await versionsOf(client, project)).length
  const ledger = openLedger()
  const late = Date.now() + seconds * 1_000
  const people = ['ann', 'bob'].map(async (name, nth) => {
    const token = await tokenFor(client, name)
    const place = { name, url: client.url, token, project, ledger }
    await editUntil({ ...place, chance: random(seed + 1 + nth) }, late)
  })
  await Promise.all([...people, talkUntil(client, project, late)])
  const log = await versionsOf(client, project)
  bookAgent(ledger, log, server.said)
  const recording = await recordingOf(client, project)
  return { authors: ledger.figures(log), versions: log.length - before, seconds, recording }
}

/** What the agent said it would do counts as done where the log has it. */
function bookAgent(ledger: Ledger, log: Version[], said: AgentsEdit[]): void {
  for (const { line, search, replace } of said) {
    if (!replace.includes(search)) ledger.meant('agent', [search])
    const version = log.find(({ author, lines }) => author === 'agent' && lines.includes(line))
    if (version) ledger.saved('agent', { line, change: version.change, merged: version.merged })
    else ledger.asked('agent')
  }
}

/** Asks the agent for one edit after the other. */
async function talkUntil(client: Client, project: string, late: number): Promise<void> {
  while (Date.now() < late) {
    const sent = await client.post(`/api/projects/${project}/messages`, { text: 'Go on.' })
    const { job } = await sent.json()
    for (let state = 'queued'; state === 'queued' || state === 'running'; await Bun.sleep(20))
      state = (await client.json(`/api/jobs/${job.id}`)).job.state
  }
}

/** Every version of the files, in order, with its text. */
async function versionsOf(client: Client, project: string): Promise<Version[]> {
  const versions: Version[] = []
  for (let before: string | null = ''; before !== null; ) {
    const from: string = before ? `&before=${before}` : ''
    const page = await client.json(`/api/projects/${project}/changes?entity=file&limit=200${from}`)
    for (const { id, by, undoes, operations } of page.items)
      for (const { entity, entityId: path, version, seen } of operations) {
        if (entity !== 'file' || !PATHS.includes(path)) continue
        const text = await (await client.request(`/api/projects/${project}/files/${path}?version=${version}`)).text()
        const author = nameOf(by)
        versions.push({ path, version, change: id, author, undoes, merged: seen !== null, lines: text.split('\n') })
      }
    before = page.nextCursor
  }
  return versions.sort((a, b) => a.version - b.version)
}

const names = new Map<string, string>()

function nameOf(by: string): string {
  return by.startsWith('job:') ? 'agent' : (names.get(by) ?? by)
}

async function tokenFor(client: Client, name: string): Promise<string> {
  const account = { email: `${name}@example.org`, password: `the long sentence of ${name}` }
  const made = await (await client.post('/api/accounts', account)).json()
  names.set(`person:${made.account.id}`, name)
  const sent = await client.post('/api/tokens', { name, scopes: ['write'], account: account.email })
  return (await sent.json()).secret
}

async function recordingOf(client: Client, project: string): Promise<string[]> {
  using reading = await client.follow(`/api/projects/${project}/events`)
  await reading.until(({ type }) => type === 'end', 'the end')
  const changes = reading.lines.filter(({ type }) => type === 'change.applied' || type === 'change.undone')
  const start = changes[0]!.at
  return changes.map(({ at, seq, by, type, change, reason, operations, undoes }: WireLine) => {
    const made = operations.map(({ id, version, kind }: { id: string; version: number; kind: string }) => [
      kind,
      id,
      version,
    ])
    return JSON.stringify({ ms: at - start, seq, by: nameOf(by ?? 'system'), type, change, reason, made, undoes })
  })
}

interface Running extends AsyncDisposable {
  client: Client
  /** What the agent has set out to do so far. */
  said: AgentsEdit[]
}

async function startServer(data: string, seed: number): Promise<Running> {
  const listeners = { HEARTH_DATA: data, HEARTH_PORT: '0', HEARTH_PREVIEW_PORT: '0', HEARTH_LOG: 'warn' }
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'server.ts'), JSON.stringify({ seed })], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...listeners, HEARTH_LOCAL_SERVERS: 'none' },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]()
  const { url, secret } = JSON.parse((await lines.next()).value as string)
  const said: AgentsEdit[] = []
  void (async () => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) return
      said.push(JSON.parse(value!))
    }
  })()
  return {
    client: openClient(url, secret),
    said,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
