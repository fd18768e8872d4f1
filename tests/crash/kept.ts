import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { and, asc, eq, isNotNull, sql } from 'drizzle-orm'
import { changes, operations } from '../../src/changes/tables.ts'
import { lookAt } from '../../src/db/look.ts'
import type { Reader } from '../../src/db/open.ts'
import { lineOf, wire } from '../../src/events/line.ts'
import { events } from '../../src/events/tables.ts'
import { readText } from '../../src/files/blobs/texts.ts'
import { attempts, jobs } from '../../src/jobs/tables.ts'
import { projects } from '../../src/projects/tables.ts'
import { artifacts } from '../../src/studio/tables.ts'
import { fileVersions } from '../../src/workspace/tables.ts'
import { sha256 } from '../support/blobs.ts'
import type { WireLine } from '../support/client.ts'
import type { Kept } from './history.ts'

/** Reads what a dead server left, on a copy: opening the database itself would mend what its next start must mend. */
export async function keptIn(data: string, database = join(data, 'hearth.db')): Promise<Kept> {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-kept-'))
  try {
    for (const end of ['', '-wal'])
      if (existsSync(`${database}${end}`)) copyFileSync(`${database}${end}`, join(folder, `hearth.db${end}`))
    using look = await lookAt(join(folder, 'hearth.db'))
    return await keptBy(look.read, data)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function keptBy(read: Reader, data: string): Promise<Kept> {
  const [{ integrity_check: integrity }] = (await read.all(sql`PRAGMA integrity_check(1)`)) as [
    { integrity_check: string },
  ]
  const references = await read.all(sql`PRAGMA foreign_key_check`)
  const foreignKeys = references.length > 0 ? JSON.stringify(references[0]) : ''
  const folders = foldersIn(join(data, 'attempts'))
  if (!(await isMigrated(read))) return { ...NOTHING, integrity, foreignKeys, folders }
  const rows = await read.select().from(events).orderBy(asc(events.seq))
  const ofProjects = Map.groupBy(rows, ({ scope }) => scope ?? '')
  const versions = await read.select().from(fileVersions)
  const made = await read.select().from(artifacts)
  const ofFiles = await read
    .select()
    .from(operations)
    .innerJoin(changes, eq(changes.id, operations.change))
    .where(and(eq(operations.entity, 'file'), isNotNull(operations.after)))
  return {
    integrity,
    foreignKeys,
    projects: await read.select().from(projects),
    jobs: await read.select().from(jobs),
    attempts: await read.select().from(attempts),
    lines: new Map(
      [...ofProjects].map(([project, own]) => [
        project,
        own.map((row) => wire(lineOf(row), { project }) as unknown as WireLine),
      ]),
    ),
    versions,
    changes: ofFiles.map(({ changes: { scope, job }, operations: { entityId, version } }) => ({
      project: scope,
      path: entityId,
      version,
      job,
    })),
    artifacts: made,
    blobs: await blobsOf(
      read,
      data,
      [...versions, ...made].map(({ hash }) => hash),
    ),
    folders,
  }
}

const MIGRATIONS = readdirSync(join(import.meta.dir, '../../migrations')).length

const NOTHING = {
  projects: [],
  jobs: [],
  attempts: [],
  lines: new Map(),
  versions: [],
  changes: [],
  artifacts: [],
  blobs: new Map(),
}

/** False when the very first start was killed before it had made all tables. */
async function isMigrated(read: Reader): Promise<boolean> {
  const tables = await read.all(sql`SELECT name FROM sqlite_master WHERE name = 'migrations'`)
  if (tables.length === 0) return false
  const { count } = await read.get<{ count: number }>(sql`SELECT count(*) AS count FROM migrations`)
  return count === MIGRATIONS
}

async function blobsOf(read: Reader, data: string, hashes: string[]): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>()
  for (const hash of new Set(hashes)) {
    const file = Bun.file(join(data, 'blobs', hash.slice(0, 2), hash))
    const content = (await readText(read, hash)) ?? ((await file.exists()) ? await file.bytes() : null)
    found.set(hash, content && sha256(content))
  }
  return found
}

function foldersIn(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root).flatMap((job) => readdirSync(join(root, job)).map((attempt) => `${job}/${attempt}`))
}
