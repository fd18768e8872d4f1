import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Conflict } from '../errors.ts'
import { projectPath } from '../files/paths.ts'
import { DEMO_LABEL } from '../llm/demo.ts'
import { type Cli, USAGE } from './io.ts'
import { untilStopped, withServer } from './own-server.ts'
import { openProgress } from './progress.ts'
import { ask, askFor, type Door } from './reach.ts'
import { watchProject } from './watch.ts'

const HOW = 'usage: hearth make "<brief>" [--model M] [--tier T] [--out DIR] [--force] [--json]'

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
  return withServer(io, (find) => make(find, order, io))
}

async function make(find: () => Door, { brief, model, tier, out, json }: Order, io: Cli): Promise<number> {
  const body = JSON.stringify({ brief, model, tier })
  const { project } = (await ask(find(), '/api/projects', { method: 'POST', body })) as {
    project: { id: string; model: string }
  }
  if (!json && project.model === 'demo') io.out(DEMO_LABEL)
  using progress = json ? rawLines(io) : openProgress(io, process.stdout.isTTY ? process.stdout : undefined)
  const lost = () => io.err('The server is away. Waiting for it; Ctrl-C stops watching.')
  const stopped = await untilStopped((signal) => watchProject({ find, tell: progress.line, lost, signal }, project.id))
  if (stopped) {
    io.err(`Stopped watching. The project is kept (${project.id}); a running server goes on with it.`)
    return 130
  }
  return finish(find(), project.id, { out, json }, io)
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

async function saveFile(server: Door, id: string, path: string, out: string): Promise<void> {
  const place = join(out, projectPath(path))
  const response = await askFor(
    server,
    `/api/projects/${id}/files/${path.split('/').map(encodeURIComponent).join('/')}`,
  )
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, new Uint8Array(await response.arrayBuffer()))
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
