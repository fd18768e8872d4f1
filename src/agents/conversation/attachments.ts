import type { Reader } from '../../db/open.ts'
import { NotFound } from '../../errors.ts'
import type { Blobs } from '../../files/blobs.ts'
import { inspect } from '../../files/media/inspect.ts'
import { KINDS } from '../../files/media/kinds.ts'
import { prompt } from '../../llm/prompts.ts'
import type { Message, Picture } from '../../llm/provider.ts'
import { bytes } from '../../web/format.ts'
import { fileAt, openFile, type ProjectFile } from '../../workspace/files.ts'
import type { Attachment, MessageRow } from './tables.ts'

/** A picture that all vendors take: base64 makes 5 MB of it. */
const MOST_PICTURE_BYTES = 3.75 * 1024 * 1024
const LONGEST_SIDE = 8_000
/** All pictures of a message together, so that a request stays one that vendors take. */
const MOST_TOGETHER_BYTES = 12 * 1024 * 1024
/** Of a text, and of all texts together, in characters. */
const MOST_OF_TEXT = 20_000
const MOST_OF_TEXTS = 60_000

/** What a model is told of one file, and shown. */
interface Told {
  path: string
  says: string
  text?: string
  picture?: Picture
}

interface Room {
  characters: number
  bytes: number
}

/** A person's message with the files that were put beside it: texts in words, pictures as pictures, of all else what it is. */
export async function withAttachments(
  deps: { read: Reader; blobs: Blobs },
  project: string,
  { attachments }: Pick<MessageRow, 'attachments'>,
  content: string,
): Promise<Message> {
  if (!attachments?.length) return { role: 'user', content }
  const room: Room = { characters: MOST_OF_TEXTS, bytes: MOST_TOGETHER_BYTES }
  const files: Told[] = []
  for (const attachment of attachments) files.push(await told(deps, project, attachment, room))
  const pictures = files.flatMap(({ picture }) => picture ?? [])
  const words = `${content}\n\n${prompt('attachments', { files })}`
  return { role: 'user', content: words, ...(pictures.length > 0 ? { pictures } : {}) }
}

/** The same of an older message, in short. */
export function namesOfAttachments({ attachments }: Pick<MessageRow, 'attachments'>): string {
  return attachments?.length ? `\n\n(Attached: ${attachments.map(({ path }) => path).join(', ')})` : ''
}

async function told(
  { read, blobs }: { read: Reader; blobs: Blobs },
  project: string,
  { path, version }: Attachment,
  room: Room,
): Promise<Told> {
  const file = await stillThere(read, project, path, version)
  if (!file) return { path, says: 'removed for good since' }
  const content = await openFile({ blobs }, file)
  const { kind, width, height, fault } = await inspect(content)
  const { sort, says, media } = KINDS[kind]
  const size = width ? `${says}, ${width} × ${height}, ${bytes(file.bytes)}` : `${says}, ${bytes(file.bytes)}`
  if (sort === 'text') return { path, says: size, text: await textOf(content, room) }
  const isShown = sort === 'picture' && fault === null && isTaken(media) && fits(file, { width, height }, room)
  if (!isShown) return { path, says: `${size}; it can’t be shown to you` }
  room.bytes -= file.bytes
  const base64 = Buffer.from(await content.arrayBuffer()).toString('base64')
  return { path, says: `${size}; sent with this message`, picture: { media, base64 } }
}

async function stillThere(read: Reader, project: string, path: string, version: number) {
  try {
    return await fileAt(read, project, path, version)
  } catch (error) {
    if (error instanceof NotFound) return undefined // an answer is tried again long after
    throw error
  }
}

function isTaken(media: string): media is Picture['media'] {
  return ['image/png', 'image/jpeg', 'image/webp', 'image/gif'].includes(media)
}

function fits({ bytes }: ProjectFile, size: { width: number | null; height: number | null }, room: Room): boolean {
  return bytes <= Math.min(MOST_PICTURE_BYTES, room.bytes) && Math.max(size.width!, size.height!) <= LONGEST_SIDE
}

async function textOf(content: Blob, room: Room): Promise<string> {
  const most = Math.min(MOST_OF_TEXT, room.characters)
  const text = await content.slice(0, most * 4).text() // a character has at most four bytes
  const shown = text.slice(0, most)
  room.characters -= shown.length
  return shown.length < text.length || content.size > most * 4 ? `${shown}\n(cut here: it is longer)` : shown
}
