// The whole product with a project of many files, each changed many times in the way of all changes; says what they take up.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { App } from '../../../src/app.ts'
import { compress } from '../../../src/files/blobs/zstd.ts'
import { projects } from '../../../src/projects/tables.ts'
import { fileAt, writeFile } from '../../../src/workspace/files.ts'
import { benchApp } from '../engine.ts'
import { quantile } from '../result.ts'
import { edited, type Module, moduleOf, type Random, randomFrom } from './program.ts'

export interface Asked {
  files: number
  changes: number
  /** Whether of a version only what differs is kept. */
  deltas: boolean
}

export interface Found {
  /** Bytes of all files in the data directory of the running server, its write-ahead log among them. */
  directory: number
  log: number
  /** Bytes of the database alone, once the log has been taken in. */
  database: number
  /** Sum of all distinct contents, each compressed alone at the level that the store uses. */
  compressed: number
  /** The same, not compressed. */
  contents: number
  versions: number
  writesPerSecond: number
  readP50: number
  readP99: number
  /** Bytes of the tables and indexes that take most. */
  tables: Record<string, number>
}

const PROJECT = {
  ...{ id: 'p1', title: 'x', brief: 'x', model: 'demo', tier: 'low', seed: 1, autorun: false, tags: [] },
  ...{ createdBy: 'system', createdAt: 0, updatedAt: 0 },
}
const FOLDERS = 97
/** Tables and indexes that are told. */
const TABLES = 12
const FILE_BYTES = 10_000
/** Files that are written at the same moment, as by a job for each. */
const AT_ONCE = 100
const READS = 2_000

if (import.meta.main) console.log(JSON.stringify(await keep(JSON.parse(process.argv[2]!))))

/** Writes all of it, and measures. */
export async function keep({ files, changes, deltas }: Asked): Promise<Found> {
  await using bench = await benchApp({ handlers: [], lanes: {} })
  const { app, data } = bench
  const random = randomFrom(7)
  await app.db.write((tx) => tx.insert(projects).values(PROJECT))
  const contents = new Map<string, { bytes: number; compressed: number }>()
  const made = Array.from({ length: files }, (_, i) => newFile(random, i))
  let writingMs = 0
  for (let version = 0; version <= changes; version++)
    for (let at = 0; at < files; at += AT_ONCE) {
      const some = made.slice(at, at + AT_ONCE)
      if (version > 0) for (const file of some) Object.assign(file, edited(random, file))
      const start = performance.now()
      const hashes = await Promise.all(some.map((file) => write(app, file, deltas)))
      writingMs += performance.now() - start
      for (const [i, file] of some.entries()) {
        file.hash = hashes[i]!
        if (!contents.has(file.hash)) contents.set(file.hash, await sizesOf(file))
      }
    }
  const reads = await readTimes(app, random, made, changes)
  const sum = (of: 'bytes' | 'compressed') => [...contents.values()].reduce((total, each) => total + each[of], 0)
  const versions = files * (changes + 1)
  return {
    directory: bytesIn(data, /./),
    log: bytesIn(data, /-wal$/),
    database: await databaseBytes(app),
    compressed: sum('compressed'),
    contents: sum('bytes'),
    versions,
    writesPerSecond: (versions / writingMs) * 1_000,
    readP50: quantile(reads, 0.5),
    readP99: quantile(reads, 0.99),
    tables: await tablesOf(app),
  }
}

interface BenchFile extends Module {
  path: string
  /** Of the content that it has. */
  hash?: string
}

function newFile(random: Random, i: number): BenchFile {
  return { path: `src/part${i % FOLDERS}/file${i}.ts`, ...moduleOf(random, FILE_BYTES) }
}

async function write(app: App, file: BenchFile, deltas: boolean): Promise<string> {
  const blob = await app.blobs.put(textOf(file), { like: deltas ? file.hash : undefined })
  const { id: project } = PROJECT
  await app.db.write((tx) => writeFile(app, tx, { project, path: file.path, blob, by: 'system' }))
  return blob.hash
}

async function sizesOf(file: BenchFile) {
  const content = Buffer.from(textOf(file))
  return { bytes: content.byteLength, compressed: (await compress(content)).byteLength }
}

function textOf({ lines }: Module): string {
  return `${lines.join('\n')}\n`
}

/** How long it takes to find and read old versions, in ms, in no order. */
async function readTimes(app: App, random: Random, files: BenchFile[], changes: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < Math.min(READS, files.length * changes); i++) {
    const { path } = files[random(files.length)]!
    const start = performance.now()
    const { hash } = await fileAt(app.db.read, PROJECT.id, path, 1 + random(changes))
    await app.blobs.read(hash)
    times.push(performance.now() - start)
  }
  return times
}

async function databaseBytes({ db }: App): Promise<number> {
  const [size] = await db.read.all<{ bytes: number }>(sql`
    select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`)
  return size!.bytes
}

async function tablesOf(app: App): Promise<Record<string, number>> {
  const rows = await app.db.read.all<{ name: string; bytes: number }>(sql`
    select name, sum(pgsize) as bytes from dbstat group by name order by bytes desc limit ${TABLES}`)
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]))
}

function bytesIn(folder: string, which: RegExp): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && which.test(entry.name))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
