import { constants } from 'node:fs'
import { copyFile, link, mkdir, rename, rm, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { diskFull } from '../../db/faults.ts'
import { DomainError } from '../../errors.ts'
import { syncFolder, writeDurably } from '../durable.ts'
import type { ModelFile, ModelProfile } from '../profile.ts'
import { type DownloadDeps, download, forgetDownload } from './download.ts'
import { type Stamped, stampOf } from './hashes.ts'
import { RECEIPT, type Receipt } from './own-folder.ts'
import type { ModelStore } from './store.ts'

/** Left free on the disk of models: other things want to be written too. */
const RESERVE_BYTES = 1024 ** 3

export interface InstallDeps extends Omit<DownloadDeps, 'heard'> {
  store: ModelStore
  now: () => number
  phase(name: string): Promise<void>
  /** How many bytes of the whole model are there, and how many there will be. */
  heard(bytes: number, total: number | null): void
}

type Kept = Receipt['files'][number]

/**
 * Downloads all files of a model, one after the other, and shows it only when all of them are there and hold what they should. Whatever is stopped or killed
 * in between, the next call goes on. @throws DomainError `download_…`, `disk_full`; what the signal says when it aborts
 */
export async function install(deps: InstallDeps, profile: ModelProfile, files: ModelFile[]): Promise<Kept[]> {
  const place = join(deps.store.root, profile.id)
  const part = partOf(place)
  await mkdir(part, { recursive: true, mode: 0o700 })
  await mustFit(deps, part, files)
  const kept: Kept[] = []
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes ?? null]))
  for (const file of files) {
    deps.signal.throwIfAborted()
    const before = sum(kept)
    const heard = (bytes: number, total: number | null) => {
      sizes.set(file.path, total ?? file.bytes ?? null)
      deps.heard(
        before + bytes,
        [...sizes.values()].reduce((all, size) => (all === null || size === null ? null : all + size), 0),
      )
    }
    kept.push(await one({ ...deps, heard }, file, join(part, file.path)))
  }
  deps.signal.throwIfAborted()
  writeReceipt(part, { profile, files: kept, at: deps.now() })
  await takePlace(part, place)
  await noteHashes(deps, place, kept)
  return kept
}

/** What was added by its address alone has none: its header says what it is. */
function writeReceipt(part: string, receipt: Receipt): void {
  if (receipt.profile.functions.length > 0) writeDurably(join(part, RECEIPT), `${JSON.stringify(receipt, null, 2)}\n`)
}

/** What is there of a model that was not installed whole. */
export function partOf(place: string): string {
  return join(dirname(place), `.part-${basename(place)}`)
}

/** One file, whole and checked: what was there before, what another model has already, or what the network brings. */
async function one(deps: InstallDeps, file: ModelFile, place: string): Promise<Kept> {
  const there = await stampOf(place).catch(() => null)
  const bytes = there && (await checked(deps, file, there).catch(() => null))
  if (bytes) return bytes
  const copied = file.sha256 && (await fromElsewhere(deps, file.sha256, place))
  if (!copied) {
    if (!file.url)
      throw new DomainError(
        'download_failed',
        `Nobody says where ${file.path} can be had. Put it into a folder of models by hand.`,
      )
    await download(deps, { url: file.url, bytes: file.bytes }, `${place}.part`)
    await deps.phase('checking')
    const kept = await checked(deps, file, await stampOf(`${place}.part`)).catch(async (error) => {
      if (error instanceof DomainError && error.code === 'download_hash') await forgetDownload(`${place}.part`)
      throw error
    })
    await rename(`${place}.part`, place)
    await forgetDownload(`${place}.part`)
    await deps.phase('fetch')
    return kept
  }
  return checked(deps, file, await stampOf(place))
}

/** @throws DomainError `download_hash` */
async function checked(
  { store, signal }: InstallDeps,
  { path, part, url = '', sha256 }: ModelFile,
  stamped: Stamped,
): Promise<Kept> {
  const found = store.hashes.known(stamped) ?? (await store.hashes.again(stamped, signal))
  if (sha256 !== undefined && found !== sha256) throw wrongHash(path, url, sha256, found)
  return { path, ...(part && { part }), sha256: found, bytes: stamped.bytes, from: url }
}

function wrongHash(path: string, url: string, wanted: string, found: string): DomainError {
  const host = URL.parse(url)?.host ?? 'disk'
  return new DomainError(
    'download_hash',
    `${path} from ${host} is not the file that the catalogue means: it was removed. Try again later, or get it elsewhere.`,
    {
      context: { wanted, found },
    },
  )
}

/** The same file, as another model has it: a second name of one of ours, a copy of one in somebody else's folder. */
async function fromElsewhere({ store }: InstallDeps, sha256: string, place: string): Promise<boolean> {
  const other = store.hashes.holding(sha256)
  const now = other && (await stampOf(other.path).catch(() => null))
  if (!other || now?.stamp !== other.stamp) return false
  await mkdir(dirname(place), { recursive: true, mode: 0o700 })
  const ours = other.path.startsWith(`${store.root}/`)
  try {
    if (ours) await link(other.path, place)
    else await copyFile(other.path, place, constants.COPYFILE_FICLONE)
    return true
  } catch {
    await rm(place, { force: true })
    return false // another disk, or one without links: then it is downloaded
  }
}

/** @throws DomainError `disk_full` */
async function mustFit({ store }: InstallDeps, part: string, files: ModelFile[]): Promise<void> {
  let needed = RESERVE_BYTES
  for (const { path, bytes = 0, sha256 } of files) {
    const there = await Promise.all(
      [join(part, path), join(part, `${path}.part`)].map((each) => stampOf(each).catch(() => ({ bytes: 0 }))),
    )
    const shared = sha256 !== undefined && store.hashes.holding(sha256) !== undefined
    if (!shared) needed += Math.max(0, bytes - Math.max(...there.map((each) => each.bytes)))
  }
  const { bavail, bsize } = await statfs(part)
  if (bavail * bsize < needed) throw diskFull(new Error(`${needed} bytes are needed, ${bavail * bsize} are free`))
}

/** The folder appears whole; what stood there before makes room. */
async function takePlace(part: string, place: string): Promise<void> {
  const old = join(dirname(place), `.old-${basename(place)}`)
  await rm(old, { recursive: true, force: true })
  await rename(place, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(part, place)
  syncFolder(dirname(place))
  await rm(old, { recursive: true, force: true })
}

/** A file keeps its stamp under its new name: nothing is hashed a second time. */
async function noteHashes({ store }: InstallDeps, place: string, kept: Kept[]): Promise<void> {
  const part = partOf(place)
  for (const { path, sha256 } of kept) {
    await store.hashes.note(await stampOf(join(place, path)), sha256)
    await store.hashes.forget(join(part, path))
    await store.hashes.forget(join(part, `${path}.part`))
  }
}

function sum(files: { bytes?: number | undefined }[]): number {
  return files.reduce((all, { bytes = 0 }) => all + bytes, 0)
}
