import { chmod, copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { and, asc, eq, gt, or, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Blobs } from '../files/blobs.ts'
import type { Log } from '../log.ts'
import { projects } from '../projects/tables.ts'
import { resultName } from './result-names.ts'
import { type Artifact, artifacts } from './tables.ts'

/** Rows that are looked at in one turn. */
const PAGE = 200

export interface ResultsDeps {
  read: Reader
  blobs: Blobs
  log: Log
  /** `results/` in the data directory. */
  results: string
}

/**
 * Puts a result into the folder of results: the bytes that are kept already, under a name that says what they are, with
 * all that is known of them beside it. Again is once. A failure is logged, and mended at the next start.
 */
export async function writeResult(deps: ResultsDeps, id: string): Promise<void> {
  try {
    const [row] = await rowsAfter(deps.read, null, eq(artifacts.id, id))
    if (row) await put(deps, row)
  } catch (error) {
    deps.log.warn('a result was not put into its folder; the next start tries again', { artifact: id, error })
  }
}

/** Sees to the folder of results, from now on, while other work goes on; disposing of it stops that. */
export function mendResults(deps: ResultsDeps): AsyncDisposable {
  const stop = new AbortController()
  const done = repairResults(deps, stop.signal).catch((error) => {
    deps.log.warn('the folder of results could not be seen to', { error })
  })
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}

/** Puts all results in place that are not there, and removes those of projects that are no more. Returns how many it put. */
export async function repairResults(deps: ResultsDeps, signal?: AbortSignal): Promise<number> {
  let mended = 0
  let last: Artifact | null = null
  for (;;) {
    const page: Row[] = await rowsAfter(deps.read, last)
    for (const row of page) {
      if (signal?.aborted) return mended
      if (await mend(deps, row)) mended++
    }
    last = page.at(-1)?.artifact ?? last
    if (page.length < PAGE) break
  }
  await sweepResults(deps)
  if (mended > 0) deps.log.info('results were put into their folder', { results: mended })
  return mended
}

/** An id, as Hearth makes them: what people put beside them has other names, and stays. */
const ID = /^[\w-]{22}$/

/** Removes the results of projects that were removed for good. */
export async function sweepResults({ read, results }: Pick<ResultsDeps, 'read' | 'results'>): Promise<void> {
  const all = await readdir(results).catch(() => []) // no folder: nothing was made yet
  const names = all.filter((name) => ID.test(name))
  const gone = await read.all<{ name: string }>(sql`
    SELECT value AS name FROM json_each(${JSON.stringify(names)}) WHERE value NOT IN (SELECT id FROM projects)`)
  for (const { name } of gone) await rm(join(results, name), { recursive: true, force: true })
}

interface Row {
  artifact: Artifact
  title: string
  /** Of the picture that it was made from. */
  parent: string | null
}

function rowsAfter(read: Reader, last: Artifact | null, only = sql`1`): Promise<Row[]> {
  const parents = sql`(SELECT p.hash FROM artifacts AS p WHERE p.id = ${artifacts.parent})`
  return read
    .select({ artifact: artifacts, title: projects.title, parent: sql<string | null>`${parents}` })
    .from(artifacts)
    .innerJoin(projects, eq(projects.id, artifacts.project))
    .where(and(only, last ? isAfter(last) : undefined))
    .orderBy(asc(artifacts.createdAt), asc(artifacts.id))
    .limit(PAGE)
}

function isAfter({ createdAt, id }: Artifact) {
  return or(gt(artifacts.createdAt, createdAt), and(eq(artifacts.createdAt, createdAt), gt(artifacts.id, id)))
}

async function mend(deps: ResultsDeps, row: Row): Promise<boolean> {
  const place = join(deps.results, resultName(row.artifact))
  const [file, sidecar] = [await sizeOf(place), await sizeOf(sidecarOf(place))]
  if (file === row.artifact.bytes && sidecar) return false
  try {
    await put(deps, row)
    return true
  } catch (error) {
    deps.log.warn('a result could not be put into its folder', { artifact: row.artifact.id, error })
    return false
  }
}

async function put({ blobs, results }: ResultsDeps, row: Row): Promise<void> {
  const place = join(results, resultName(row.artifact))
  await mkdir(dirname(place), { recursive: true, mode: 0o700 })
  await whole(sidecarOf(place), (part) => writeFile(part, `${JSON.stringify(sidecar(row), null, 2)}\n`))
  const content = await blobs.open(row.artifact.hash)
  await whole(place, async (part) => {
    const kept = (content as { name?: string }).name
    if (kept === undefined) return writeFile(part, await content.bytes())
    await link(kept, part).catch(() => copyFile(kept, part)) // another disk, or one that knows no links
    await chmod(part, 0o400) // a program that writes into it would write into what is kept
  })
}

/** Has `make` write beside the place, then gives it its name. */
async function whole(place: string, make: (part: string) => Promise<void>): Promise<void> {
  const part = `${place}.part`
  await rm(part, { force: true })
  await make(part)
  await rename(part, place)
  await rm(part, { force: true }) // a rename onto another link of the same file leaves both names
}

function sidecarOf(place: string): string {
  return `${place}.json`
}

async function sizeOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.size ?? null
}

/** All that is known of a result, for people and programs that see only its folder. */
function sidecar({ artifact, title, parent }: Row): Record<string, unknown> {
  const { id, project, task, job, attempt, n, path, hash, bytes, mediaType, width, height, frames, fps } = artifact
  const { engine, engineVersion, model, modelHash, tier, device, seed, prompt, negative, params } = artifact
  const { recipe, lowered, reason, resumedFrom, resumedOn, renderMs, createdAt } = artifact
  return {
    v: 1,
    artifact: id,
    file: { path, sha256: hash, bytes, mediaType, width, height, frames, fps },
    project: { id: project, title },
    task,
    job,
    attempt,
    n,
    function: artifact.function,
    prompt,
    negative,
    seed,
    engine: { name: engine, version: engineVersion },
    model: model ? { id: model, sha256: modelHash } : null,
    tier,
    device,
    lowered,
    reason,
    parent: artifact.parent ? { artifact: artifact.parent, sha256: parent } : null,
    resumedFrom,
    resumedOn,
    renderMs,
    createdAt: new Date(createdAt).toISOString(),
    params,
    recipe: recipe ?? null,
  }
}
