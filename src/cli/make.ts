import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { LOCAL_MARK, readServer } from '../accounts/local.ts'
import { createApp } from '../app.ts'
import { Conflict, DomainError } from '../errors.ts'
import { projectPath } from '../files/paths.ts'
import { DEMO_LABEL } from '../llm/demo.ts'
import { type Cli, USAGE } from './io.ts'
import { openProgress } from './progress.ts'
import { ask, type Door } from './reach.ts'

const HOW = 'usage: hearth make "<brief>" [--model M] [--tier T] [--out DIR] [--force] [--json]'
/** Longest wait before a cut stream is read again. */
const AGAIN_MS = 1_000

interface Order {
  brief: string
  model: string | undefined
  tier: string | undefined
  out: string | undefined
  force: boolean
  json: boolean
}

/**
 * `hearth make "<brief>"`: the main job from a terminal. Works on the server of the data directory, or on one of its own
 * for as long as the work takes. 0 when the project is done, 1 when it is not.
 */
export async function run(args: string[], io: Cli): Promise<number> {
  const order = understood(args)
  if (!order) {
    io.err(HOW)
    return USAGE
  }
  if (order.out && !order.force) refuseOccupied(order.out)
  const running = readServer(io.config.data)
  if (running) return make(running, order, io)
  await using app = await createApp({
    ...io.config,
    port: 0,
    previewPort: 0,
    log: io.config.log === 'info' ? 'warn' : io.config.log,
  })
  const { local } = app.listen()
  await app.startWork()
  return await make({ url: local, secret: app.localSecret }, order, io)
}

async function make(server: Door, { brief, model, tier, out, json }: Order, io: Cli): Promise<number> {
  const body = JSON.stringify({ brief, model, tier })
  const { project } = (await ask(server, '/api/projects', { method: 'POST', body })) as {
    project: { id: string; model: string }
  }
  if (!json && project.model === 'demo') io.out(DEMO_LABEL)
  using progress = json ? rawLines(io) : openProgress(io, process.stdout.isTTY ? process.stdout : undefined)
  const stopped = new AbortController()
  const onSignal = () => stopped.abort()
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    await followProject(server, project.id, progress.line, stopped.signal)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  if (stopped.signal.aborted) {
    io.err(`Stopped watching. The project is kept (${project.id}); a running server goes on with it.`)
    return 130
  }
  return finish(server, project.id, { out, json }, io)
}

async function finish(server: Door, id: string, { out, json }: Pick<Order, 'out' | 'json'>, io: Cli): Promise<number> {
  const { project, files } = (await ask(server, `/api/projects/${id}`)) as {
    project: { title: string; status: string }
    files: { path: string; bytes: number }[]
  }
  if (out) for (const { path } of files) await saveFile(server, id, path, out)
  if (!json) {
    const where = out ? ` in ${resolve(out)}` : ''
    io.out(`${project.title}: ${project.status}, ${files.length} files${where}`)
    if (!out) io.out(`Look at it with: hearth serve, then /projects/${id}`)
  }
  return project.status === 'done' ? 0 : 1
}

/** Reads the project's events until its work is over, coming back after each cut with the last `seq`. */
async function followProject(
  server: Door,
  id: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let after = 0; !signal.aborted; ) {
    try {
      for await (const line of linesOf(server, `/api/projects/${id}/events?after=${after}`, signal)) {
        const { seq, type, reason } = JSON.parse(line)
        after = seq ?? after
        tell(line)
        if (type === 'end' && reason !== 'shutdown') return
      }
    } catch (error) {
      if (error instanceof DomainError) throw error
    }
    if (!signal.aborted) await Bun.sleep(AGAIN_MS)
  }
}

async function* linesOf({ url, secret }: Door, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const response = await fetch(`${url}${path}`, { headers: bearer(secret), signal })
  if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
  let rest = ''
  for await (const chunk of response.body.pipeThrough(
    new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>,
  )) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines.filter(Boolean)
  }
}

async function saveFile({ url, secret }: Door, id: string, path: string, out: string): Promise<void> {
  const response = await fetch(`${url}/api/projects/${id}/files/${path.split('/').map(encodeURIComponent).join('/')}`, {
    headers: bearer(secret),
  })
  if (!response.ok)
    throw new DomainError('file_not_saved', `The server did not give ${path} (status ${response.status}). Try again.`, {
      retryable: true,
    })
  const place = join(out, projectPath(path))
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, new Uint8Array(await response.arrayBuffer()))
}

function bearer(secret: string): Record<string, string> {
  return { authorization: `Bearer ${LOCAL_MARK}${secret}` }
}

function rawLines(io: Cli): Disposable & { line: (line: string) => void } {
  return { line: io.out, [Symbol.dispose]: () => {} }
}

function refuseOccupied(out: string): void {
  if (!existsSync(out)) return
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return
  throw new Conflict(
    'out_not_empty',
    `${resolve(out)} holds something already. Choose another --out, or add --force to write over it.`,
  )
}

function understood(args: string[]): Order | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        tier: { type: 'string' },
        out: { type: 'string' },
        force: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    const [brief, ...rest] = positionals
    return brief !== undefined && rest.length === 0
      ? { brief, model: values.model, tier: values.tier, out: values.out, force: values.force, json: values.json }
      : undefined
  } catch {
    return undefined // an unknown option: the usage line says what there is
  }
}
