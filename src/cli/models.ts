import { constants, existsSync, statSync } from 'node:fs'
import { copyFile, cp, link, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Conflict, Invalid } from '../errors.ts'
import type { GpuModelView } from '../ops/gpu-models/view.ts'
import { bytes } from '../web/format.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { ask, type Door } from './reach.ts'
import { theServer } from './schedules.ts'
import { watchJob } from './watch-job.ts'

export const HOW = `usage: hearth models list [--all] [--json]                    what is on this machine; --all: what can be downloaded, too
       hearth models add ID|URL|PATH [--accept-licence]      download one of the catalogue or of an address, or take in a file or folder
       hearth models verify [ID]                             read all again, and compare it with what came
       hearth models remove ID                               delete one that Hearth keeps`

const API = '/api/gpu/models'
const ADDED = 'added'

interface Asked {
  verb: string
  what: string | undefined
  values: { json?: boolean | undefined; all?: boolean | undefined; 'accept-licence'?: boolean | undefined }
}

/** `hearth models …`: what pictures are made with: listed, downloaded, read again, removed. 1 when a check finds something changed. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, () => VERBS[asked.verb]!(io, asked))
}

const VERBS: Record<string, (io: Cli, asked: Asked) => Promise<number>> = { list, add, verify, remove }

async function list(io: Cli, { values: { json, all } }: Asked): Promise<number> {
  const answer = (await ask(theServer(io.config), API)) as {
    items: GpuModelView[]
    left: { path: string; why: string }[]
  }
  if (json) {
    io.out(JSON.stringify(answer))
    return 0
  }
  const there = answer.items.filter(({ installed }) => installed)
  for (const model of there) io.out(lineOf(model))
  if (there.length === 0) io.out('No model is installed: pictures are drawn by the built-in sketch engine.')
  for (const { path, why } of answer.left) io.err(`${path}: ${why}`)
  const rest = answer.items.filter(({ installed }) => !installed)
  io.out(all ? '\nTo download:' : `\n${rest.length} more can be downloaded: hearth models list --all`)
  if (all) for (const model of rest) io.out(lineOf(model))
  return 0
}

function lineOf({ id, bytes: size, tier, tiers, licence, job }: GpuModelView): string {
  const fits = tier ? `${tier} tier here` : tiers[0] ? `takes ${bytes(tiers[0].vramBytes)} of graphics memory` : ''
  const doing = job && ['queued', 'running', 'paused', 'held'].includes(job.state) ? `${job.does} ${job.state}` : ''
  return [id, size === null ? 'size unknown' : bytes(size), fits, licence.name, doing].filter(Boolean).join('  ')
}

async function add(io: Cli, { what, values }: Asked): Promise<number> {
  const server = theServer(io.config)
  const accepts = values['accept-licence'] === true
  if (/^https?:/.test(what!)) return addUrl(io, server, what!, accepts)
  if (/^[./~]/.test(what!) || existsSync(what!)) return addPath(io, server, resolve(what!))
  const { model } = (await ask(server, `${API}/${what}`)) as { model: GpuModelView }
  if (!accepts && model.licence.acceptedAt === null) {
    for (const line of licenceOf(model)) io.err(line)
    return 1
  }
  return follow(io, server, `${API}/${what}/download`, { acceptLicence: accepts })
}

/** What a person has to read before they say yes. */
function licenceOf({ id, label, licence }: GpuModelView): string[] {
  const { name, url, terms, notIn, commercial } = licence
  return [
    `${label} has the licence ${name}${url ? ` (${url})` : ''}:`,
    terms,
    ...(commercial ? [] : ['It is not for commercial use.']),
    ...(notIn.length > 0 ? [`It is not licensed in: ${notIn.join(', ')}.`] : []),
    `If you accept that: hearth models add ${id} --accept-licence`,
  ]
}

async function addUrl(io: Cli, server: Door, url: string, accepts: boolean): Promise<number> {
  if (accepts) return follow(io, server, API, { url, acceptLicence: true })
  io.err(
    'Hearth does not know the licence of this file. Look where you have the address from, then add --accept-licence.',
  )
  return 1
}

/** A file or a folder of this machine gets a second name in Hearth's folder, or is copied into it where it lies on another disk. */
async function addPath(io: Cli, server: Door, path: string): Promise<number> {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  if (folder === undefined) throw new Invalid('bad_path', `There is no file or folder ${path}.`)
  if (!folder && !/\.(safetensors|gguf)$/i.test(path))
    throw new Invalid('bad_path', 'Hearth takes files of safetensors and GGUF, and folders of diffusers.')
  const name = basename(path, extname(path)).replace(/[^\w.-]+/g, '-') || 'model'
  const place = join(io.config.data, 'models', ADDED, name)
  if (existsSync(place))
    throw new Conflict('name_taken', `There is ${place} already. Remove it first, or rename what you add.`)
  const part = join(dirname(place), `.part-${name}`)
  await rm(part, { recursive: true, force: true })
  await mkdir(dirname(place), { recursive: true })
  if (folder) await cp(path, part, { recursive: true, dereference: true, mode: constants.COPYFILE_FICLONE })
  else await takeFile(path, join(part, basename(path)))
  await rename(part, place)
  const found = (await ask(server, `${API}/looks`, { method: 'POST' })) as { installed: number; left: number }
  io.out(
    `Added to ${place}. There are ${found.installed} models and parts now${found.left ? `, and ${found.left} files that are not used: hearth models list` : ''}.`,
  )
  return 0
}

async function takeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE))
}

async function verify(io: Cli, { what }: Asked): Promise<number> {
  const server = theServer(io.config)
  const { items } = (await ask(server, API)) as { items: GpuModelView[] }
  const ids = what ? [what] : items.filter(({ installed }) => installed).map(({ id }) => id)
  let bad = 0
  for (const id of ids) bad += await follow(io, server, `${API}/${id}/check`, {}, id)
  if (ids.length === 0) io.out('No model is installed.')
  return bad > 0 ? 1 : 0
}

async function remove(io: Cli, { what }: Asked): Promise<number> {
  await ask(theServer(io.config), `${API}/${what}`, { method: 'DELETE' })
  io.out(`Removed ${what}.`)
  return 0
}

/** Starts a job and shows how far it is until it has ended. It goes on when this command is stopped. */
async function follow(io: Cli, server: Door, path: string, body: object, name = ''): Promise<number> {
  const { job } = (await ask(server, path, { method: 'POST', body: JSON.stringify(body) })) as { job: { id: string } }
  const ended = await watchJob(io, () => theServer(io.config), job.id)
  if (ended.state !== 'succeeded') {
    io.err(ended.error?.message ?? `It was ${ended.state}. What had come is kept: add it again to go on.`)
    return 1
  }
  const { model, changed = [], files = [], notedAtFirstSight: noted = [] } = ended.result
  for (const file of changed) io.err(`${file} is not what it was. Remove the model, and add it again.`)
  if (changed.length > 0) return 1
  if (name) io.out(`${model ?? name}: all of it is as it came.`)
  else
    for (const { path: file, sha256, bytes: size } of files)
      io.out(
        `${sha256}  ${file}  ${bytes(size)}${noted.includes(file) ? '  (hash noted now: nobody has published it)' : ''}`,
      )
  return 0
}

function understood(args: string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean' }, all: { type: 'boolean' }, 'accept-licence': { type: 'boolean' } },
    })
    const [verb = 'list', what, ...rest] = positionals
    const needs = verb === 'add' || verb === 'remove'
    if (!VERBS[verb] || rest.length > 0 || (needs && !what) || (verb === 'list' && what)) return undefined
    return { verb, what, values }
  } catch {
    return undefined // parseArgs says in English what the usage says better
  }
}
