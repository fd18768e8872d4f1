import { type FileHandle, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { explainFiles } from '../../db/faults.ts'
import { DomainError } from '../../errors.ts'
import { writeDurably } from '../durable.ts'
import { away, type ReachDeps, reach } from './reach.ts'

/** Tries of one file in a row of which none brought a byte. */
const VAIN_TRIES = 3

export interface Wanted {
  url: string
  /** How long it must be, where that is known. */
  bytes?: number | undefined
}

/** What is remembered of a file that has begun to come: whether the rest is of the same one. */
const Begun = z.object({ url: z.string(), etag: z.string(), total: z.number().nullable() })
type Begun = z.infer<typeof Begun>

export interface DownloadDeps extends ReachDeps {
  signal: AbortSignal
  /** How many bytes are there, and how many there will be; the second is null where nobody says. */
  heard(bytes: number, total: number | null): void
  /** Bytes that came over the network. */
  received?(count: number): void
}

/**
 * Downloads a file to `place`, going on with what is there of it. What the server sends is kept when the connection breaks, and also when the process
 * is killed: the next call asks for the rest alone, if the server vouches that the file is still the same.
 * @throws DomainError `download_host`, `download_failed`, `download_size`, `disk_full`; what the signal says when it aborts
 */
export async function download(deps: DownloadDeps, wanted: Wanted, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true, mode: 0o700 })
  for (let vain = 0; ; ) {
    const before = await sizeOf(place)
    try {
      return await go(deps, wanted, place, before)
    } catch (error) {
      deps.signal.throwIfAborted()
      if (error instanceof NotThisFile) await forgetDownload(place)
      vain = (await sizeOf(place)) > before ? 0 : vain + 1
      const again = error instanceof DomainError && error.retryable && error.retryAfterMs === undefined
      if (!again || vain >= VAIN_TRIES) throw explainFiles(error)
    }
  }
}

/** Forgets what is there of a file. */
export async function forgetDownload(place: string): Promise<void> {
  await rm(place, { force: true })
  await rm(notes(place), { force: true })
}

async function go(deps: DownloadDeps, wanted: Wanted, place: string, there: number): Promise<void> {
  const begun = await readBegun(place, wanted)
  const from = begun ? there : 0
  if (begun && begun.total === there) return deps.heard(there, there)
  const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-`, 'if-range': begun!.etag } : {}
  await using answer = await reach(deps, wanted.url, { 'accept-encoding': 'identity', ...range }, deps.signal)
  const { response } = answer
  if (response.status === 416) return startOver(place, wanted)
  const sent = whatIsSent(response, wanted)
  const at = continues(response, begun, from) ? from : 0
  const total = sent === null ? null : at + sent
  mustBeSize(total, wanted)
  noteBegun(place, { url: wanted.url, etag: strongTag(response) ?? '', total })
  await using file = await open(place, at > 0 ? 'r+' : 'w', 0o600)
  const bytes = await take(deps, answer, file, { at, total, wanted })
  await file.sync()
  if (total !== null && bytes < total) throw away(new Error(`${total - bytes} bytes are missing`), wanted.url)
  mustBeSize(bytes, wanted)
}

interface Taken {
  at: number
  total: number | null
  wanted: Wanted
}

async function take(
  deps: DownloadDeps,
  { response, heard }: Awaited<ReturnType<typeof reach>>,
  file: FileHandle,
  { at, total, wanted }: Taken,
): Promise<number> {
  const most = total ?? wanted.bytes ?? Number.POSITIVE_INFINITY
  let bytes = at
  try {
    for await (const chunk of response.body ?? []) {
      heard()
      if (bytes + chunk.byteLength > most) throw wrongSize(`more than ${most}`, wanted)
      await file.write(chunk, 0, chunk.byteLength, bytes)
      bytes += chunk.byteLength
      deps.received?.(chunk.byteLength)
      deps.heard(bytes, total)
      deps.signal.throwIfAborted()
    }
  } catch (error) {
    if (isOfTheDisk(error)) throw error
    throw deps.signal.aborted ? deps.signal.reason : away(error, wanted.url)
  }
  return bytes
}

/** How many bytes this answer brings; null where it does not say. @throws DomainError `download_failed` for any other answer */
function whatIsSent(response: Response, { url }: Wanted): number | null {
  const { status, headers } = response
  if (status !== 200 && status !== 206) throw refused(response, url)
  if (!['', 'identity'].includes(headers.get('content-encoding') ?? ''))
    throw new DomainError('download_failed', `${new URL(url).host} sends the file packed, though it was asked not to.`)
  const length = headers.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null
}

/** Whether the answer is the rest of what is there: from the same byte on, and of the same file, whatever the server made of `If-Range`. */
function continues({ status, headers }: Response, begun: Begun | undefined, from: number): boolean {
  if (status !== 206 || !begun) return mustBeWhole(status)
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? []
  const same = strongTag({ headers }) === begun.etag && Number(start) === from && Number(end) >= from
  if (!same || (begun.total !== null && total !== '*' && Number(total) !== begun.total)) throw anotherFile()
  return true
}

function mustBeWhole(status: number): false {
  if (status === 206) throw anotherFile() // a part that nobody asked for
  return false
}

/** What is there of the file is worth nothing. */
class NotThisFile extends DomainError {}

function anotherFile(): DomainError {
  return new NotThisFile('download_failed', 'The server now has another file at this address. It is downloaded anew.', {
    retryable: true,
  })
}

async function startOver(place: string, { url }: Wanted): Promise<never> {
  await forgetDownload(place)
  throw away(new Error('the server does not have the range'), url)
}

function refused({ status, headers }: Response, url: string): DomainError {
  const { host } = new URL(url)
  const [retryable, wait] = [status >= 500 || status === 429 || status === 408, Number(headers.get('retry-after'))]
  const says =
    status === 401 || status === 403
      ? `${host} gives this file only to accounts that have asked for it there: ask on the model’s page, and set HEARTH_HF_TOKEN.`
      : status === 404
        ? `${host} has no such file any more.`
        : `${host} answers with ${status}.`
  const retryAfterMs = retryable && wait > 0 ? Math.min(wait, 3_600) * 1_000 : undefined
  return new DomainError('download_failed', says, {
    retryable,
    context: { status },
    ...(retryAfterMs && { retryAfterMs }),
  })
}

function mustBeSize(bytes: number | null, wanted: Wanted): void {
  if (bytes !== null && wanted.bytes !== undefined && bytes !== wanted.bytes) throw wrongSize(`${bytes}`, wanted)
}

function wrongSize(bytes: string, { url, bytes: wanted }: Wanted): DomainError {
  return new NotThisFile(
    'download_size',
    `${new URL(url).host} sends ${bytes} bytes, where ${wanted ?? 'fewer'} were announced. The file was not kept.`,
  )
}

/** The server's name for just these bytes; a weak one names something like them. Without one, the rest can't be asked for. */
function strongTag({ headers }: Pick<Response, 'headers'>): string | null {
  const tag = headers.get('etag')
  return tag && !tag.startsWith('W/') ? tag : headers.get('last-modified')
}

async function readBegun(place: string, { url }: Wanted): Promise<Begun | undefined> {
  try {
    const begun = Begun.safeParse(JSON.parse(await readFile(notes(place), 'utf8'))).data
    return begun?.url === url && begun.etag !== '' ? begun : undefined
  } catch {
    return undefined // it has not begun, or its notes are broken: from the start
  }
}

function noteBegun(place: string, begun: Begun): void {
  writeDurably(notes(place), JSON.stringify(begun))
}

function notes(place: string): string {
  return `${place}.json`
}

async function sizeOf(place: string): Promise<number> {
  return stat(place).then(
    ({ size }) => size,
    () => 0,
  )
}

function isOfTheDisk(error: unknown): boolean {
  return (
    error instanceof Error && /^(ENOSPC|EDQUOT|EIO|EROFS|EACCES)$/.test((error as NodeJS.ErrnoException).code ?? '')
  )
}
