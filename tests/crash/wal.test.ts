import { expect, test } from 'bun:test'
import { appendFileSync, copyFileSync, cpSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory } from '../support/server.ts'
import { chanceFrom } from './chance.ts'
import { type Kept, violations } from './history.ts'
import { keptIn } from './kept.ts'
import type { Life } from './lives.ts'
import { endAll, openWorld, type World } from './world.ts'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const LIFE: Life = { seed: 'wal', faults: false, ms: 400, both: false }

const chance = chanceFrom('wal')
const garbage = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => chance.whole(0, 255)))

interface Damage {
  what: string
  /** Does it, and returns the first byte of the log that is not what it was. */
  to(wal: string, frames: Frame[]): number
}

const DAMAGES: Damage[] = [
  {
    what: 'garbage after its end',
    to(wal, frames) {
      truncateSync(wal, frames.at(-1)!.end)
      appendFileSync(wal, garbage(20_000))
      return frames.at(-1)!.end
    },
  },
  {
    what: 'a last frame that was cut short',
    to(wal, frames) {
      truncateSync(wal, frames.at(-1)!.end - 100)
      return frames.at(-1)!.start
    },
  },
  { what: 'a flipped bit in its last frame', to: (wal, frames) => flip(wal, frames.at(-1)!) },
  { what: 'a flipped bit some frames before its end', to: (wal, frames) => flip(wal, frames.at(-12)!) },
]

test('a log of the database whose tail is damaged costs what lay behind the damage and no more; the server starts and ends all work', async () => {
  using world = openWorld()
  for (const { what, to } of DAMAGES) {
    await world.start(LIFE)
    await world.submit(`before ${what}`)
    await world.death(LIFE)
    const wal = join(world.data, 'hearth.db-wal')
    const frames = framesOf(readFileSync(wal))
    using spared = copyOf(world.data)
    const from = to(wal, frames)
    const whole = frames.findLast(({ commits, end }) => commits && end <= from)
    truncateSync(join(spared.path, 'hearth.db-wal'), whole?.end ?? 0)

    const left = await keptIn(spared.path)
    expect(left.jobs.length).toBeGreaterThan(0)
    expect({ what, ...rowsOf(await keptIn(world.data)) }).toEqual({ what, ...rowsOf(left) })
    excuse(world, left)
    expect(violations(await world.history(false))).toEqual([])
  }
  writeFileSync(join(world.data, 'hearth.db-shm'), garbage(32_768)) // the index of the log is made anew
  await endAll(world)
  expect(violations(await world.history(true))).toEqual([])
}, 60_000)

interface Frame {
  start: number
  end: number
  /** True for the last frame of a transaction. */
  commits: boolean
}

/** The frames of a write-ahead log since it was begun anew (https://sqlite.org/walformat.html). */
function framesOf(wal: Buffer): Frame[] {
  const size = FRAME_HEADER_BYTES + wal.readUInt32BE(8)
  const salts = wal.subarray(16, 24)
  const frames: Frame[] = []
  for (let start = HEADER_BYTES; start + size <= wal.length; start += size) {
    if (!wal.subarray(start + 8, start + 16).equals(salts)) break
    frames.push({ start, end: start + size, commits: wal.readUInt32BE(start + 4) > 0 })
  }
  return frames
}

function flip(wal: string, { start, end }: Frame): number {
  const bytes = readFileSync(wal)
  const at = chance.whole(start + FRAME_HEADER_BYTES, end - 1)
  bytes[at]! ^= 1 << chance.whole(0, 7)
  writeFileSync(wal, bytes)
  return start
}

function copyOf(data: string) {
  const copy = dataDirectory()
  for (const name of ['hearth.db', 'hearth.db-wal']) copyFileSync(join(data, name), join(copy.path, name))
  for (const name of ['blobs', 'attempts'])
    if (existsSync(join(data, name))) cpSync(join(data, name), join(copy.path, name), { recursive: true })
  return copy
}

function rowsOf({ projects, jobs, attempts, versions, changes, artifacts, lines, integrity }: Kept) {
  return { integrity, projects, jobs, attempts, versions, changes, artifacts, lines: [...lines] }
}

/** What lay behind the damage was acknowledged and told in good faith, and is gone; nobody is held to have heard of it. */
function excuse(world: World, { projects, lines }: Kept): void {
  const left = new Set(projects.map(({ id }) => id))
  world.acknowledged = world.acknowledged.filter(({ project }) => left.has(project))
  for (const [project, connections] of world.readers) {
    if (!left.has(project)) world.readers.delete(project)
    const last = lines.get(project)?.at(-1)?.seq ?? 0
    for (const connection of connections) {
      const isLeft = connection.lines.map(({ seq }) => seq === undefined || seq <= last)
      connection.times = connection.times.filter((_, i) => isLeft[i])
      connection.lines = connection.lines.filter((_, i) => isLeft[i])
    }
  }
}
