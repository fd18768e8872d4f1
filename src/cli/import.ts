import { existsSync, statSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { NotFound } from '../errors.ts'
import { plural } from '../web/format.ts'
import { folderZip } from '../workspace/import/folder.ts'
import type { Imported } from '../workspace/import/import.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { askFor } from './reach.ts'
import { theServer } from './schedules.ts'

const HOW = 'usage: hearth import DIR|ZIP [--project ID] [--mode replace|keep-both|skip] [--json]'

interface Order {
  place: string
  project: string | undefined
  mode: string | undefined
  json: boolean
}

/** `hearth import DIR|ZIP`: brings files into a project as one change, or starts a project from them. */
export async function run(args: string[], io: Cli): Promise<number> {
  const order = understood(args)
  if (!order) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const done = await send(order, io)
    if (order.json) io.out(JSON.stringify(done))
    else tell(done, io)
    return 0
  })
}

async function send({ place, project, mode }: Order, io: Cli): Promise<Imported & { project: string }> {
  if (!existsSync(place)) throw new NotFound('folder', place)
  const isFolder = statSync(place).isDirectory()
  const name = basename(resolve(place), isFolder ? undefined : extname(place))
  const query = new URLSearchParams(project ? (mode ? { mode } : {}) : { title: name })
  const path = project ? `/api/projects/${encodeURIComponent(project)}/imports` : '/api/imports'
  const response = await askFor(theServer(io.config), `${path}?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: isFolder ? await folderZip(place) : Bun.file(place),
  })
  return (await response.json()) as Imported & { project: string }
}

function tell(
  { project, written, unchanged, skipped, renamed, leftOut }: Imported & { project: string },
  io: Cli,
): void {
  const parts = [
    `${plural(written, 'file')} imported`,
    ...(unchanged ? [`${unchanged} there already`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
    ...(renamed.length ? [`${renamed.length} kept under another name`] : []),
  ]
  io.out(`${parts.join(', ')}. Look at them with: hearth serve, then /projects/${project}`)
  for (const { what, files } of leftOut) io.out(`Left out: ${what} (${plural(files, 'file')})`)
}

function understood(args: string[]): Order | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { project: { type: 'string' }, mode: { type: 'string' }, json: { type: 'boolean', default: false } },
    })
    const [place, ...rest] = positionals
    return place !== undefined && rest.length === 0
      ? { place, project: values.project, mode: values.mode, json: values.json }
      : undefined
  } catch {
    return undefined // an unknown option: the usage line says what there is
  }
}
