import { mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { explainFiles } from '../../db/faults.ts'
import type { BlobRef, Blobs } from '../../files/blobs.ts'
import { openZip } from './directory.ts'
import { counter, MOST_IN_FILE, MOST_SENT, MOST_UNPACKED, mustFit } from './limits.ts'
import { type Names, openNames, wrapperOf } from './names.ts'
import { nothingToImport } from './refusals.ts'
import { unpacked } from './zip.ts'

/** A file up to this size, in bytes, is kept by itself; of a larger one no more than a piece is in memory. */
const SMALL = 2 ** 20
/** Files that are kept together: one commit for many, and no more in memory than that. */
const TOGETHER = 200
const TOGETHER_BYTES = 8 * 2 ** 20

/** What was brought in: the content is in the blobs, nothing else has changed. */
export interface Brought {
  files: { path: string; blob: BlobRef }[]
  leftOut: { what: string; files: number }[]
  /** The folder that all of it was in, which is not a part of the paths any more. */
  wrapper: string | undefined
}

export interface IntakeDeps {
  blobs: Blobs
  newId: () => string
  /** A folder for what is only there while an import runs. */
  scratch: string
}

export interface Intake extends AsyncDisposable {
  /** Takes one file, by its name. */
  file(name: string, content: AsyncIterable<Uint8Array>): Promise<void>
  /** Takes all files of a zip that is sent. */
  zip(content: AsyncIterable<Uint8Array>): Promise<void>
  /** All of it, once it is safe; without the one folder around it when that is to go. @throws Invalid `import_empty` */
  brought(options: { unwrap: boolean }): Promise<Brought>
}

/** Makes the folder; what a crash left in it is removed. */
export function openScratch(data: string): string {
  const scratch = join(data, 'imports')
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  return scratch
}

/** @throws Invalid `import_…`, `zip_…`, `bad_path`; DomainError `disk_full` */
export function openIntake(deps: IntakeDeps): Intake {
  const names = openNames()
  const files: Brought['files'] = []
  const keeping = openKeeping(deps.blobs, files)
  const count = counter(MOST_UNPACKED)

  async function keep(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const read = await readSmall(content, count)
    if ('whole' in read) await keeping.add(path, read.whole)
    else files.push({ path, blob: await keepLarge(deps, read, count) })
  }

  return {
    async file(name, content) {
      const path = names.add(name)
      if (path !== undefined) await keep(path, content)
    },
    zip: (content) => takeZip(deps, names, content, keep),
    async brought({ unwrap }) {
      await keeping.end()
      if (files.length === 0) throw nothingToImport()
      const wrapper = unwrap ? wrapperOf(files.map(({ path }) => path)) : undefined
      const cut = wrapper === undefined ? 0 : wrapper.length + 1
      const sorted = files.map(({ path, blob }) => ({ path: path.slice(cut), blob }))
      return { files: sorted.sort((a, b) => (a.path < b.path ? -1 : 1)), leftOut: names.leftOut(), wrapper }
    },
    [Symbol.asyncDispose]: () => keeping.settled(),
  }
}

/** Keeps small files many at a time, those while the next are being read. */
function openKeeping(blobs: Blobs, files: Brought['files']) {
  let waiting: { path: string; content: Uint8Array }[] = []
  let bytes = 0
  let running: Promise<unknown> = Promise.resolve()

  async function keepWaiting(): Promise<void> {
    await running
    const together = waiting
    waiting = []
    bytes = 0
    running = Promise.all(
      together.map(async ({ path, content }) => void files.push({ path, blob: await blobs.put(content) })),
    )
    running.catch(() => {}) // told to whoever waits for it next
  }

  return {
    async add(path: string, content: Uint8Array) {
      waiting.push({ path, content })
      bytes += content.byteLength
      if (waiting.length >= TOGETHER || bytes >= TOGETHER_BYTES) await keepWaiting()
    },
    async end() {
      await keepWaiting()
      await running
    },
    /** Nothing is being kept any more, well or not. */
    settled: () => running.then(nothing, nothing),
  }
}

function nothing(): void {}

/** A zip is read from its end: it is on the disk before anything of it is believed. */
async function takeZip(
  deps: IntakeDeps,
  names: Names,
  content: AsyncIterable<Uint8Array>,
  keep: (path: string, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  await using sent = await saved(deps, [], content, counter(MOST_SENT))
  await using zip = await openZip(sent.path)
  const wanted = zip.entries.flatMap((entry) => {
    const path = entry.name.endsWith('/') ? undefined : names.add(entry.name)
    return path === undefined ? [] : [{ path, entry }]
  })
  const needed = wanted.reduce((sum, { entry }) => sum + entry.entry.uncompressedSize, 0)
  await mustFit(deps.scratch, needed)
  for (const { path, entry } of wanted) await keep(path, unpacked(zip, entry))
}

type Small = { whole: Uint8Array } | { chunks: Uint8Array[]; rest: AsyncIterator<Uint8Array> }

async function readSmall(content: AsyncIterable<Uint8Array>, count: (chunk: Uint8Array) => void): Promise<Small> {
  const rest = content[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      count(next.value)
      chunks.push(Buffer.from(next.value)) // a copy: what is read into is used again
      size += next.value.byteLength
      if (size > SMALL) return { chunks, rest }
    }
    return { whole: Buffer.concat(chunks) }
  } catch (error) {
    await rest.return?.()
    throw error
  }
}

async function keepLarge(
  deps: IntakeDeps,
  { chunks, rest }: Extract<Small, { chunks: unknown }>,
  count: (chunk: Uint8Array) => void,
): Promise<BlobRef> {
  const one = counter(MOST_IN_FILE)
  const counted = (chunk: Uint8Array) => {
    count(chunk)
    one(chunk)
  }
  await using large = await saved(deps, chunks, { [Symbol.asyncIterator]: () => rest }, counted)
  return await deps.blobs.putFile(large.path) // the file goes when this returns
}

/** Writes a stream into a file that goes with its owner. */
async function saved(
  { scratch, newId }: IntakeDeps,
  first: Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  count: (chunk: Uint8Array) => void,
): Promise<AsyncDisposable & { path: string }> {
  const path = join(scratch, newId())
  const file = { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) }
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'wx', 0o600)
    for (const chunk of first) await handle.write(chunk)
    for await (const chunk of rest) {
      count(chunk)
      await handle.write(chunk)
    }
    return file
  } catch (error) {
    await file[Symbol.asyncDispose]()
    throw explainFiles(error)
  } finally {
    await handle?.close()
  }
}
