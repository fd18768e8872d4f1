import type { DomainError } from '../../errors.ts'
import { projectPath } from '../../files/paths.ts'
import { mustFit } from '../../workspace/import/limits.ts'
import { boundaryOf, partsOf, textOf } from '../../workspace/import/multipart.ts'
import type { Slots } from '../../workspace/slots.ts'
import { type IntakeDeps, type Taken, takeOne } from './intake.ts'
import { LONGEST_MS, MOST_FILES, USUAL_FOLDER } from './limits.ts'
import { brokenOff, noneTaken, nothingChosen, notSent, type Refused, tooBig, tooMany } from './refusals.ts'

/** What may be said with it, in the address or in the form. */
export interface Wishes {
  /** Of one file that is sent as the body. */
  name?: string | undefined
  /** The folder of the project; '' is the project itself. */
  folder?: string | undefined
}

export interface Received {
  taken: Taken[]
  refused: Refused[]
  folder: string
}

export interface ReceiveDeps extends IntakeDeps {
  slots: Slots
  /** The most that one request brings, in bytes. */
  uploadBytes: number
}

/**
 * Reads an upload as it arrives: a form with any number of files, or one file as the body. The contents are in the blobs then;
 * nothing else has changed. @throws Invalid `upload_…`, `bad_path`; DomainError `upload_busy`, `disk_full`
 */
export async function receive(deps: ReceiveDeps, request: Request, wishes: Wishes): Promise<Received> {
  const announced = Number(request.headers.get('content-length')) || 0
  if (announced > deps.uploadBytes) throw tooBig(deps.uploadBytes)
  folderOf(wishes.folder)
  using _slot = await deps.slots.take(request.signal)
  await mustFit(deps.scratch, announced)
  const boundary = boundaryOf(request.headers.get('content-type') ?? '')
  const body = bounded(request, deps.uploadBytes)
  const received = boundary === undefined ? await one(deps, body, wishes) : await form(deps, body, boundary, wishes)
  if (received.taken.length > 0) return received
  throw received.refused.length > 0 ? noneTaken(received.refused) : nothingChosen()
}

async function one(deps: ReceiveDeps, body: AsyncIterable<Uint8Array>, { name, folder }: Wishes): Promise<Received> {
  if (!name) throw notSent()
  return sorted([await takeOne(deps, name, body)], folder)
}

async function form(
  deps: ReceiveDeps,
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  wishes: Wishes,
): Promise<Received> {
  const all: (Taken | Refused)[] = []
  let folder = wishes.folder
  for await (const part of partsOf(body, boundary, notSent)) {
    const { name, filename, content } = part
    if (filename === undefined) folder = name === 'folder' ? await textOf(part) : folder
    else if (filename !== '') {
      // a field for files in which none was chosen comes without a name
      if (all.length === MOST_FILES) throw tooMany()
      all.push(await takeOne(deps, filename, content))
    }
  }
  return sorted(all, folder)
}

function sorted(all: (Taken | Refused)[], folder: string | undefined): Received {
  const refused = all.filter((each) => 'code' in each)
  const taken = all.filter((each) => 'blob' in each)
  return { taken, refused, folder: folderOf(folder) }
}

/** @throws Invalid `bad_path` */
function folderOf(text: string | undefined): string {
  const folder = (text ?? USUAL_FOLDER).trim().replace(/\/+$/, '')
  return folder === '' ? '' : projectPath(folder)
}

/** The body up to a size and for a time: what trickles in without end holds no place for ever. */
async function* bounded(request: Request, limit: number): AsyncGenerator<Uint8Array> {
  const ends = performance.now() + LONGEST_MS
  let sum = 0
  for await (const chunk of arriving(request)) {
    sum += chunk.byteLength
    if (sum > limit) throw tooBig(limit)
    if (performance.now() > ends) throw brokenOff()
    yield chunk
  }
}

async function* arriving({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = (body ?? new Blob([]).stream()).getReader()
  for (;;) {
    const next = await reader.read().catch((cause): never => {
      throw gone(cause)
    })
    if (next.done) return
    yield next.value
  }
}

function gone(cause: unknown): DomainError {
  const error = brokenOff()
  error.cause = cause
  return error
}
