import type { Reply, Script, WireCall } from './wire.ts'

/** What a model, its vendor, its network or a proxy in between may do instead of answering: data, the same for each protocol. */
export type Misbehaviour =
  /** It says nothing more from there on, and keeps the connection open: with pings, or without. */
  | { stalls: Where; pings: boolean }
  /** The connection ends there: the response as if it were whole, the connection in mid-response, or with a reset. */
  | { closes: Where; how: 'clean' | 'hang-up' | 'reset' }
  | { sends: 'a broken frame' | 'single bytes' | 'an error' }
  /** The answer ends in the middle, and says why. */
  | { finishes: 'length' | 'refusal' }
  /** Another status than 200. `headers` only where they matter. */
  | { status: number; headers?: Record<string, string> }
  | { calls: WireCall }
  /** An answer to the question, of the wrong content: the test has it. */
  | { says: 'a plan with a cycle' }
  /** So many bytes without a newline: in one frame, or in many. */
  | { line: number; frames: 'one' | 'many' }
  | { page: string }

/** Before the headers, before the content, or in the middle of it. */
type Where = 'headers' | 'content' | 'middle'

const BROKEN_JSON = '{"path": "a.md", "text": "half'

export const MISBEHAVIOURS = {
  'stalls before the headers': { stalls: 'headers', pings: false },
  'stalls before the headers, with pings': { stalls: 'headers', pings: true },
  'stalls before the content': { stalls: 'content', pings: false },
  'stalls before the content, with pings': { stalls: 'content', pings: true },
  'stalls in the middle': { stalls: 'middle', pings: false },
  'stalls in the middle, with pings': { stalls: 'middle', pings: true },
  'closes before the headers': { closes: 'headers', how: 'hang-up' },
  'closes after the headers': { closes: 'content', how: 'clean' },
  'closes in the middle, as if done': { closes: 'middle', how: 'clean' },
  'closes in the middle, mid-response': { closes: 'middle', how: 'hang-up' },
  'resets the connection at once': { closes: 'headers', how: 'reset' },
  'resets the connection in the middle': { closes: 'middle', how: 'reset' },
  'sends a broken frame': { sends: 'a broken frame' },
  'splits characters and frames at every byte': { sends: 'single bytes' },
  'reports an error in the stream': { sends: 'an error' },
  'cuts at the output limit': { finishes: 'length' },
  refuses: { finishes: 'refusal' },
  'answers 400': { status: 400 },
  'answers 401': { status: 401 },
  'answers 402': { status: 402 },
  'answers 404': { status: 404 },
  'answers 408': { status: 408 },
  'answers 413': { status: 413 },
  'answers 429': { status: 429 },
  'answers 429 with Retry-After': { status: 429, headers: { 'retry-after': '7' } },
  'answers 429 with retry-after-ms': { status: 429, headers: { 'retry-after-ms': '2500' } },
  'answers 500': { status: 500 },
  'answers 529': { status: 529 },
  'redirects elsewhere': { status: 302 },
  'answers a web page': { page: '<!doctype html><title>Sign in</title><p>Sign in to the network.</p>' },
  'sends 10 MB of one line': { line: 10 * 1024 * 1024, frames: 'many' },
  'sends 10 MB in one frame': { line: 10 * 1024 * 1024, frames: 'one' },
  'makes a plan with a cycle': { says: 'a plan with a cycle' },
  'calls a tool with malformed JSON': { calls: { id: 'call_1', name: 'read_file', input: BROKEN_JSON } },
  'calls an unknown tool': { calls: { id: 'call_1', name: 'launch_rocket', input: '{"to":"the moon"}' } },
  'calls the same tool for ever': { calls: { id: 'call_1', name: 'read_file', input: '{"path":"a.md"}' } },
} as const satisfies Record<string, Misbehaviour>

export type MisbehaviourName = keyof typeof MISBEHAVIOURS

/** What a misbehaving server needs to know of the test. */
export interface Scene {
  /** The whole of the answer that it does not give. */
  text: string
  /** Where a redirect leads. */
  elsewhere?: string
  /** Told when nothing more is going to come, with the text that was sent until then. */
  onStall?(sent: string): void
  /** Resolves when all of `sent` has been read: what breaks a connection takes with it what was not. */
  untilHeard?(sent: string): Promise<void>
}

const PIECE = 40 // characters
const FLOOD_PIECE = 65_536 // bytes
const PING_MS = 2

/** Answers with all of `text`, in pieces. */
export const says =
  (text: string, { size = PIECE } = {}): Script =>
  (reply) => {
    pieces(text, size).forEach(reply.text)
    reply.finish()
  }

/** Sends `text`, then does something else than finishing. */
export const breaks =
  (text: string, then: (reply: Reply) => void | Promise<void>): Script =>
  (reply) => {
    pieces(text, PIECE).forEach(reply.text)
    return then(reply)
  }

export const fails =
  (status: number, headers: Record<string, string> = {}, message = 'no'): Script =>
  (reply) =>
    reply.fail(status, headers, message)

/** The script of a misbehaviour. */
export function misbehaves(how: Misbehaviour, scene: Scene): Script {
  const half = beforeTheMiddle(scene.text)
  return async (reply) => {
    if ('stalls' in how) return stall(reply, how, half, scene)
    if ('closes' in how) return close(reply, how, half, scene)
    if ('status' in how) return reply.fail(how.status, headersOf(how, scene))
    if ('page' in how) return reply.answer(200, how.page, { 'content-type': 'text/html; charset=utf-8' })
    if ('calls' in how) return callTool(reply, how.calls)
    if ('line' in how) return flood(reply, how)
    if ('says' in how) return says(scene.text)(reply, undefined as never)
    if ('sends' in how && how.sends === 'single bytes') return byByte(reply, scene.text)
    pieces(half, PIECE).forEach(reply.text)
    if ('finishes' in how) return reply.finish(how.finishes)
    if (how.sends === 'an error') reply.error('Overloaded')
    else reply.send(reply.frames.broken())
    reply.close()
  }
}

/** Half of the text, cut in the middle of a line. */
export function beforeTheMiddle(text: string): string {
  const middle = Math.floor(text.length / 2)
  return text.slice(0, text[middle - 1] === '\n' ? middle + 1 : middle)
}

async function stall(reply: Reply, how: { stalls: Where; pings: boolean }, half: string, scene: Scene): Promise<void> {
  advance(reply, how.stalls, half)
  scene.onStall?.(how.stalls === 'middle' ? half : '')
  if (!how.pings) return
  const pinging = setInterval(() => (how.stalls === 'headers' ? reply.interim() : reply.ping()), PING_MS)
  await reply.gone
  clearInterval(pinging)
}

type Close = { closes: Where; how: 'clean' | 'hang-up' | 'reset' }

async function close(reply: Reply, { closes, how }: Close, half: string, { untilHeard }: Scene): Promise<void> {
  advance(reply, closes, half)
  if (closes === 'middle') await untilHeard?.(half)
  if (how === 'clean') reply.close()
  if (how === 'hang-up') reply.hangUp()
  if (how === 'reset') reply.reset()
}

function advance(reply: Reply, where: Where, half: string): void {
  if (where === 'content') reply.open()
  if (where === 'middle') pieces(half, PIECE).forEach(reply.text)
}

function headersOf(how: { status: number; headers?: Record<string, string> }, { elsewhere = '' }: Scene) {
  return how.status === 302 ? { location: elsewhere } : { ...how.headers }
}

function callTool(reply: Reply, call: WireCall): void {
  reply.call(call)
  reply.finish('tools')
}

/** The kernel's room for what is not read yet bounds what is sent at once. */
async function flood(reply: Reply, { line, frames }: { line: number; frames: 'one' | 'many' }): Promise<void> {
  const size = frames === 'one' ? line : FLOOD_PIECE
  let gone = false
  void reply.gone.then(() => {
    gone = true
  })
  for (let sent = 0; sent < line && !gone; sent += size) {
    reply.text('x'.repeat(size))
    await new Promise(setImmediate)
  }
  reply.finish()
}

async function byByte(reply: Reply, text: string): Promise<void> {
  const { frames } = reply
  await reply.sendByByte(frames.open() + pieces(text, PIECE).map(frames.text).join('') + frames.finish('stop'))
  reply.close()
}

export function pieces(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
}
