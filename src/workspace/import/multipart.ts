import type { Invalid } from '../../errors.ts'
import { notSent } from './refusals.ts'

const LONGEST_HEADER = 16_384
const LONGEST_FIELD = 20_000
const HEADER_END = Buffer.from('\r\n\r\n')

/** A field of a form, or a file: its content is read before the next part comes, or left. */
export interface Part {
  name: string
  /** As the browser gives it: of a chosen folder with the path in it. Undefined for a plain field. */
  filename: string | undefined
  content: AsyncIterable<Uint8Array>
  /** The error of what can't be read. */
  refusal: () => Invalid
}

/** The boundary that a content type names; undefined when it is no form with files. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType) ?? []
  return quoted ?? plain
}

/**
 * The parts of a form as they arrive (RFC 7578): no more is held than what was just read.
 * @throws what `refusal` makes, Invalid `import_body` when nothing else is said, of what is no form or ends too early
 */
export async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  refusal: () => Invalid = notSent,
): AsyncGenerator<Part> {
  const source = sourceOf(body, refusal)
  const first = Buffer.from(`--${boundary}`)
  const next = Buffer.from(`\r\n--${boundary}`)
  await drain(until(source, first))
  for (;;) {
    const mark = await source.take(2)
    if (mark === '--') return
    if (mark !== '\r\n') throw refusal()
    const content = until(source, next)
    yield { ...nameIn(await header(source), refusal), content, refusal }
    await drain(content)
  }
}

/** The text of a plain field. */
export async function textOf({ content, refusal }: Part): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.byteLength
    if (size > LONGEST_FIELD) throw refusal()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Source {
  held: Buffer
  /** Reads on; false at the end. */
  fill(): Promise<boolean>
  take(length: number): Promise<string>
  refusal: () => Invalid
}

function sourceOf(body: AsyncIterable<Uint8Array>, refusal: () => Invalid): Source {
  const chunks = body[Symbol.asyncIterator]()
  const source: Source = {
    held: Buffer.alloc(0),
    refusal,
    async fill() {
      const { value, done } = await chunks.next()
      if (done) return false
      source.held = source.held.length === 0 ? Buffer.from(value) : Buffer.concat([source.held, value])
      return true
    },
    async take(length) {
      while (source.held.length < length) if (!(await source.fill())) throw refusal()
      const taken = source.held.subarray(0, length).toString('latin1')
      source.held = source.held.subarray(length)
      return taken
    },
  }
  return source
}

/** What comes before the mark, which is taken away: as much as can't be a part of it, at once. */
async function* until(source: Source, mark: Buffer): AsyncGenerator<Uint8Array> {
  for (;;) {
    const at = source.held.indexOf(mark)
    const safe = at >= 0 ? at : Math.max(0, source.held.length - mark.length + 1)
    const chunk = source.held.subarray(0, safe)
    source.held = source.held.subarray(at >= 0 ? at + mark.length : safe)
    if (chunk.length > 0) yield chunk
    if (at >= 0) return
    if (!(await source.fill())) throw source.refusal()
  }
}

async function header(source: Source): Promise<string> {
  let at = source.held.indexOf(HEADER_END)
  while (at < 0) {
    if (source.held.length > LONGEST_HEADER || !(await source.fill())) throw source.refusal()
    at = source.held.indexOf(HEADER_END)
  }
  if (at > LONGEST_HEADER) throw source.refusal()
  const text = source.held.subarray(0, at).toString('utf8')
  source.held = source.held.subarray(at + HEADER_END.length)
  return text
}

function nameIn(header: string, refusal: () => Invalid): Pick<Part, 'name' | 'filename'> {
  const said = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(header)?.[1] ?? ''
  const of = (key: string) => new RegExp(`(?:^|;)\\s*${key}="([^"]*)"`, 'i').exec(said)?.[1]
  const name = of('name')
  if (name === undefined) throw refusal()
  return { name, filename: of('filename')?.replace(/%(22|0D|0A)/gi, (code) => decodeURIComponent(code)) }
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content) {
    // nobody wants it
  }
}
