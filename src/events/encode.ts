import { type Line, type Lines, type Scope, wire } from './line.ts'

/** Turns lines into bytes for one kind of stream. */
export type Encode = (lines: Lines, scope: Scope) => Uint8Array

const utf8 = new TextEncoder()
const NO_BYTES = new Uint8Array()

/** `application/x-ndjson`: one JSON object a line. */
export const ndjson: Encode = once((line, scope) => `${JSON.stringify(wire(line, scope))}\n`)

/** `text/event-stream`: the type as event name, the `seq` of durable lines as id, the line's JSON as data. */
export const sse: Encode = once((line, scope) =>
  sseMessage({ id: line.seq, event: line.type, data: JSON.stringify(wire(line, scope)) }),
)

/** One message of an event stream; data of several lines stays one message. */
export function sseMessage({ id, event, data }: { id?: number | null; event?: string; data: string }): string {
  const head = `${id == null ? '' : `id: ${id}\n`}${event ? `event: ${event}\n` : ''}`
  return `${head}${data
    .split(/\r\n|\r|\n/) // a bare CR ends a line too: what follows it would be a field of its own
    .map((text) => `data: ${text}\n`)
    .join('')}\n`
}

/** Encodes each line, and each array of lines that go out together, once for all readers of the same kind of scope. */
function once(encode: (line: Line, scope: Scope) => string): Encode {
  const ofProject = encoder(encode)
  const ofJob = encoder(encode)
  return (lines, scope) => ('job' in scope ? ofJob : ofProject)(lines, scope)
}

function encoder(encode: (line: Line, scope: Scope) => string): Encode {
  const known = new WeakMap<Line | Lines, Uint8Array>()
  const remembered = (what: Line | Lines, make: () => Uint8Array): Uint8Array => {
    const bytes = known.get(what) ?? make()
    known.set(what, bytes)
    return bytes
  }
  const one = (line: Line, scope: Scope) => remembered(line, () => utf8.encode(encode(line, scope)))
  let latest: Lines | undefined // the same lines go to thousands of readers, one after another
  let latestBytes: Uint8Array = NO_BYTES
  return (lines, scope) => {
    if (lines === latest) return latestBytes
    latest = lines
    latestBytes =
      lines.length === 1
        ? one(lines[0]!, scope)
        : remembered(lines, () => Buffer.concat(lines.map((line) => one(line, scope))))
    return latestBytes
  }
}
