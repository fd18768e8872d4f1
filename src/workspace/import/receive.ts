import { Invalid } from '../../errors.ts'
import type { Slots } from '../slots.ts'
import { MODES, type Mode } from './import.ts'
import { type Brought, type Intake, type IntakeDeps, openIntake } from './intake.ts'
import { counter, LONGEST_MS, MOST_SENT, mustFit } from './limits.ts'
import { boundaryOf, partsOf, textOf } from './multipart.ts'
import { ImportTooBig, notSent } from './refusals.ts'

/** What may be said with it, in the address or in the form. */
export interface Wishes {
  mode?: string | undefined
  unwrap?: string | undefined
  title?: string | undefined
}

export interface Received {
  brought: Brought
  mode: Mode | undefined
  /** What it may be called: as was said, else the name of the zip or of the folder. */
  title: string | undefined
}

export interface ReceiveDeps extends IntakeDeps {
  slots: Slots
}

const ZIP_TYPES = /^application\/(zip|x-zip-compressed|octet-stream)\b/i

/**
 * Reads an import as it arrives: a zip as the body, or a form with a zip or the files of a folder. The content is in the blobs
 * then; nothing else has changed. @throws Invalid `import_…`, `zip_…`, `bad_path`, `unknown_mode`; DomainError `import_busy`, `disk_full`
 */
export async function receive(deps: ReceiveDeps, request: Request, wishes: Wishes): Promise<Received> {
  const announced = Number(request.headers.get('content-length')) || 0
  if (announced > MOST_SENT)
    throw new ImportTooBig('That is more than 1 GB, the most that is taken at once.', MOST_SENT)
  modeOf(wishes.mode)
  using _slot = await deps.slots.take(request.signal)
  await mustFit(deps.scratch, announced)
  await using intake = openIntake(deps)
  const body = bounded(request)
  const type = request.headers.get('content-type') ?? ''
  const boundary = boundaryOf(type)
  if (boundary !== undefined) return await fromForm(intake, partsOf(body, boundary), wishes)
  if (!ZIP_TYPES.test(type)) throw notSent()
  await intake.zip(body)
  const brought = await intake.brought({ unwrap: isYes(wishes.unwrap) })
  return { brought, mode: modeOf(wishes.mode), title: wishes.title || brought.wrapper }
}

async function fromForm(intake: Intake, parts: ReturnType<typeof partsOf>, wishes: Wishes): Promise<Received> {
  const said = { ...wishes }
  let zipName: string | undefined
  let folder = false
  for await (const part of parts) {
    const { name, filename, content } = part
    if (filename === undefined) Object.assign(said, KNOWN.has(name) ? { [name]: await textOf(part) } : {})
    else if (filename === '')
      continue // nothing was chosen there
    else if (name === 'zip') {
      zipName = filename
      await intake.zip(content)
    } else if (name === 'files') {
      folder ||= filename.includes('/')
      await intake.file(filename, content)
    }
  }
  const mode = modeOf(said.mode)
  const brought = await intake.brought({ unwrap: folder || isYes(said.unwrap) })
  return { brought, mode, title: said.title || brought.wrapper || zipName?.replace(/^.*[/\\]|\.zip$/gi, '') }
}

const KNOWN = new Set(['mode', 'unwrap', 'title'])

/** The body up to a size and for a time: what trickles in without end holds no place for ever. */
async function* bounded(request: Request): AsyncGenerator<Uint8Array> {
  const count = counter(MOST_SENT)
  const ends = performance.now() + LONGEST_MS
  for await (const chunk of request.body ?? []) {
    count(chunk)
    if (performance.now() > ends) throw notSent()
    yield chunk
  }
}

function modeOf(text: string | undefined): Mode | undefined {
  if (text === undefined || text === '') return undefined
  const mode = MODES.find((one) => one === text)
  if (mode) return mode
  throw new Invalid('unknown_mode', `What is there already is treated as one of ${MODES.join(', ')}.`, {
    context: { field: 'mode', known: MODES },
  })
}

function isYes(text: string | undefined): boolean {
  return text === 'true' || text === 'on' || text === 'yes'
}
