import { join } from 'node:path'
import { chanceFrom } from './chance.ts'
import { violations } from './history.ts'
import { type Life, nextLife } from './lives.ts'
import { redoneSteps, redoneText } from './redone.ts'
import { SMALL_PATHS, smallProject } from './small.ts'
import { FLUSH_MS, killRenderers, openWorld, projectsOf, renderersIn, type World } from './world.ts'

/** Projects that are worked on at once. */
const AT_ONCE = 2
const CHECKPOINT_STEPS = 3
/** What a busy machine may add to the flush interval, ms. */
const LATE_MS = 400
const ORPHAN_MS = 2_000
const DRAIN_MS = 60_000
/** What is only ever there while it is being made. */
const UNFINISHED = ['**/*.partial', '**/*.part', 'server.json.*', '**/{tmp,unfinished}/*']

export interface Figures {
  kills: number
  /** Deaths by where they happened. */
  at: Record<string, number>
  projects: number
  jobsHeld: number
  redoneBytes: number
  redoneMs: number
  redoneSteps: number
  orphanMs: number
  seconds: number
}

export interface CrashOptions {
  kills: number
  seed: string
  /** When to kill no more, however many kills there were, ms. */
  limitMs?: number
}

/** Kills one world until it has died often enough, judging after each death, then lets it end its work. Throws with the seed and the step. */
export async function crash({ kills, seed, limitMs = Number.POSITIVE_INFINITY }: CrashOptions): Promise<Figures> {
  const began = performance.now()
  const chance = chanceFrom(seed)
  const figures: Figures = {
    kills: 0,
    at: {},
    projects: 0,
    jobsHeld: 0,
    redoneBytes: 0,
    redoneMs: 0,
    redoneSteps: 0,
    orphanMs: 0,
    seconds: 0,
  }
  using world = openWorld()
  let step = 0
  try {
    while (figures.kills < kills && performance.now() - began < limitMs) {
      const life = nextLife(chance, `${seed} ${++step}`, step === 1)
      await live(world, life, figures, `${seed}, step ${step}`)
      await judge(world, figures, false)
    }
    step++
    await drain(world, `${seed} ${step}`)
    await judge(world, figures, true)
  } catch (cause) {
    throw new Error(`seed ${JSON.stringify(seed)}, step ${step}: ${(cause as Error).message}`, { cause })
  }
  figures.projects = world.readers.size
  figures.seconds = (performance.now() - began) / 1000
  return figures
}

async function live(world: World, life: Life, figures: Figures, name: string): Promise<void> {
  let byItself = true
  if (await world.start(life)) {
    const dying = world.death(life)
    await Promise.all([meddle(world, life, figures, name).catch(excuse), killChildren(world, life, figures)])
    byItself = await dying
    if (byItself && !life.point) throw new Error(`the server ended by itself: ${world.errors()}`)
  }
  count(figures, byItself ? life.point!.name : life.both ? 'anywhere, with renderers' : 'anywhere', 1)
  figures.orphanMs = Math.max(figures.orphanMs, await orphansGone(world.data))

  /** A server that dies answers nobody; anything else that goes wrong is said. */
  function excuse(error: unknown): void {
    if (!/socket|connect|closed|ECONN|fetch/i.test(String(error))) throw error
  }
}

/** What people do while a server lives. */
async function meddle(world: World, life: Life, figures: Figures, name: string): Promise<void> {
  const { client } = world
  if (!client) return
  const projects = await projectsOf(client)
  figures.jobsHeld += projects.filter(({ status }) => status === 'held').length
  await world.restartAll()
  for (let n = projects.filter(({ status }) => status !== 'done').length; n < AT_ONCE; n++)
    await world.submit(`${name}, project ${projects.length + n}`)
  if (life.whim) await followWhim(world, life.whim)
  if (life.point?.name !== 'mid-backup') return
  const backup = await client.post('/api/backups', {})
  await backup.arrayBuffer()
}

/** Stops the newest project, which the next life resumes or retries. */
async function followWhim({ client, acknowledged }: World, { what, ms }: NonNullable<Life['whim']>): Promise<void> {
  await Bun.sleep(ms)
  const { project } = acknowledged.at(-1)!
  const response = await client!.post(`/api/projects/${project}/${what}`)
  if (response.status >= 500) throw new Error(`the ${what} got ${response.status}`)
}

async function killChildren({ data }: World, { rendererMs, ms }: Life, figures: Figures): Promise<void> {
  if (rendererMs === undefined || rendererMs >= ms) return
  await Bun.sleep(rendererMs)
  const killed = killRenderers(data)
  if (killed > 0) count(figures, 'renderers', killed)
}

function count(figures: Figures, where: string, kills: number): void {
  figures.kills += kills
  figures.at[where] = (figures.at[where] ?? 0) + kills
}

/** ms until no renderer of a dead server is left. */
async function orphansGone(data: string): Promise<number> {
  const died = performance.now()
  while (renderersIn(data).length > 0) {
    if (performance.now() - died > ORPHAN_MS) throw new Error(`a renderer has outlived its server by ${ORPHAN_MS} ms`)
    await Bun.sleep(5)
  }
  return performance.now() - died
}

async function judge(world: World, figures: Figures, over: boolean): Promise<void> {
  const found = violations(await world.history(over))
  if (found.length > 0) throw new Error(`\n  ${found.join('\n  ')}`)
  const steps = redoneSteps(join(world.data, 'attempts'))
  if (steps > CHECKPOINT_STEPS) throw new Error(`${steps} steps of a picture were made again`)
  figures.redoneSteps = Math.max(figures.redoneSteps, steps)
  for (const connections of world.readers.values())
    for (const { job, bytes, ms } of redoneText(connections.slice(-4))) {
      if (ms > FLUSH_MS + LATE_MS)
        throw new Error(`${bytes} bytes of job ${job} were made again, the first ${ms} ms old`)
      figures.redoneBytes = Math.max(figures.redoneBytes, bytes)
      figures.redoneMs = Math.max(figures.redoneMs, ms)
    }
}

/** Lets a server that nobody kills end all work, and looks at what it made. */
async function drain(world: World, seed: string): Promise<void> {
  await world.start({ seed, faults: false, ms: DRAIN_MS, both: false })
  const client = world.client!
  const deadline = performance.now() + DRAIN_MS
  for (;;) {
    const projects = await projectsOf(client)
    if (projects.every(({ status }) => status === 'done')) break
    if (performance.now() > deadline) throw new Error(`not all work ends: ${JSON.stringify(projects)}`)
    await world.restartAll()
    await Bun.sleep(50)
  }
  for (const { id, brief } of await projectsOf(client)) await expectMade(world, id, brief)
  await (await client.post('/api/backups', {})).arrayBuffer() // clears what backups that were cut short have left
  await world.stop()
  const left = UNFINISHED.flatMap((names) => [...new Bun.Glob(names).scanSync(world.data)])
  if (left.length > 0) throw new Error(`left behind for ever: ${left.join(', ')}`)
}

async function expectMade({ client }: World, project: string, brief: string): Promise<void> {
  const { files } = await client!.json(`/api/projects/${project}`)
  const paths = files.map(({ path }: { path: string }) => path).sort()
  if (!Bun.deepEquals(paths, SMALL_PATHS)) throw new Error(`${project} has the files ${paths}`)
  for (const path of paths) {
    const planned = smallProject(brief).file(path)
    if (planned === undefined) continue
    const made = await (await client!.request(`/api/projects/${project}/files/${path}`)).text()
    if (made !== planned) throw new Error(`${project}: ${path} is not what was to be written`)
  }
}
