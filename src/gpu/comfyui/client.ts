import { z } from 'zod'
import { readLine } from '../protocol.ts'
import type { Workflow } from './workflow.ts'

const ASK_MS = 15_000
const FETCH_MS = 120_000
const MOST_BYTES = 2 * 1024 ** 3 // of one output
const MOST_JSON_BYTES = 64 * 1024 ** 2 // of one answer: a history holds its whole workflow

const file = z.object({ filename: z.string(), subfolder: z.string().default(''), type: z.string().default('output') })
export type RemoteFile = z.infer<typeof file>

const run = z.object({
  outputs: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  status: z
    .object({
      status_str: z.string(),
      completed: z.boolean(),
      messages: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])),
    })
    .nullable()
    .default(null),
})
export type Run = z.infer<typeof run>

const queue = z.object({
  queue_running: z.array(z.array(z.unknown())).default([]),
  queue_pending: z.array(z.array(z.unknown())).default([]),
})

/** What the socket says of our own prompt. */
export type Told =
  | { type: 'executing'; node: string | null }
  | { type: 'progress'; value: number; max: number; node: string }
  | { type: 'preview'; bytes: Uint8Array; extension: 'jpg' | 'png' }
  | { type: 'ended' }

/** ComfyUI could not be asked, or said something that it never says. */
export class Away extends Error {}
/** It refuses the workflow: the sentences say at which nodes. */
export class Refused extends Error {}

/** One running ComfyUI, by its HTTP API. Source: `server.py` and `protocol.py` of a125cd84. */
export function openClient(url: string) {
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    try {
      return await fetch(`${url}${path}`, { signal: AbortSignal.timeout(ASK_MS), redirect: 'error', ...init })
    } catch (cause) {
      throw new Away(`ComfyUI at ${url} can't be reached`, { cause })
    }
  }
  const json = async (path: string, init?: RequestInit) => {
    const response = await ask(path, init)
    if (!response.ok) throw new Away(`ComfyUI answered ${response.status} to ${path}`)
    return parsed(await bytesOf(response, MOST_JSON_BYTES, path), path)
  }
  const post = (path: string, body: unknown) =>
    ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return {
    async version(): Promise<string> {
      const stats = (await json('/system_stats')) as { system?: { comfyui_version?: string } }
      return stats.system?.comfyui_version ?? 'unknown'
    },
    /** Puts a picture where its loader finds it. Returns the name that the loader takes. */
    async upload(name: string, bytes: Uint8Array, mediaType: string): Promise<string> {
      const form = new FormData()
      form.set('image', new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mediaType }), name)
      form.set('overwrite', 'true')
      const said = (await json('/upload/image', { method: 'POST', body: form })) as { name: string; subfolder?: string }
      return said.subfolder ? `${said.subfolder}/${said.name}` : said.name
    },
    /** Hands in a workflow under an id of our own. @throws Refused */
    async submit(id: string, client: string, workflow: Workflow): Promise<void> {
      const response = await post('/prompt', { prompt: workflow, client_id: client, prompt_id: id })
      if (response.ok) return
      const said = (await response.json().catch(() => ({}))) as Refusal
      if (response.status === 400) throw new Refused(wordsOf(said))
      throw new Away(`ComfyUI answered ${response.status} to the workflow`)
    },
    /** Where our prompt is: how many are before it, or that it is none of its. */
    async place(
      id: string,
    ): Promise<{ state: 'running' } | { state: 'pending'; before: number } | { state: 'unknown' }> {
      const said = queue.safeParse(await json('/queue')).data
      if (!said) throw new Away('ComfyUI says of its queue what is none')
      if (said.queue_running.some((item) => item[1] === id)) return { state: 'running' }
      const pending = said.queue_pending.toSorted((a, b) => Number(a[0]) - Number(b[0]))
      const at = pending.findIndex((item) => item[1] === id)
      return at < 0 ? { state: 'unknown' } : { state: 'pending', before: at + said.queue_running.length }
    },
    /** What became of our prompt; null while it is not over. */
    async run(id: string): Promise<Run | null> {
      const history = z.record(z.string(), z.unknown()).safeParse(await json(`/history/${id}`)).data
      if (!history?.[id]) return null
      const said = run.safeParse(history[id]).data
      if (!said) throw new Away('ComfyUI says of a prompt what is no history')
      return said
    },
    async fetchFile({ filename, subfolder, type }: RemoteFile): Promise<Buffer> {
      const query = new URLSearchParams({ filename, subfolder, type })
      const response = await ask(`/view?${query}`, { signal: AbortSignal.timeout(FETCH_MS) })
      if (!response.ok) throw new Away(`ComfyUI answered ${response.status} for ${filename}`)
      return bytesOf(response, MOST_BYTES, filename)
    },
    /** Takes our prompt back: out of its queue, or out of its work. Others' are left alone. */
    async cancel(id: string): Promise<void> {
      await post('/queue', { delete: [id] })
      if ((await this.place(id)).state === 'running') await post('/interrupt', { prompt_id: id })
    },
    /** Hears of our prompt until `signal` aborts; opens the socket again when it closes. Resolves when it was first opened, or could not be. */
    listen: (client: string, id: string, signal: AbortSignal, hear: (told: Told) => void) =>
      listen(`${url.replace(/^http/, 'ws')}/ws?clientId=${encodeURIComponent(client)}`, id, signal, hear),
  }
}

export type Client = ReturnType<typeof openClient>

/** All of an answer, whatever it says of its length. @throws Away when it is longer than any real one, or breaks off */
async function bytesOf(response: Response, most: number, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength
      if (bytes > most) throw new Away(`${what} is too large`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof Away ? cause : new Away(`ComfyUI broke off ${what}`, { cause })
  }
  return Buffer.concat(chunks)
}

function parsed(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new Away(`ComfyUI answered what is no JSON to ${path}`, { cause })
  }
}

interface Refusal {
  error?: { message?: string; details?: string }
  node_errors?: Record<string, { class_type?: string; errors?: { message?: string; details?: string }[] }>
}

function wordsOf({ error, node_errors = {} }: Refusal): string {
  const nodes = Object.entries(node_errors).flatMap(([id, { class_type, errors = [] }]) =>
    errors.map(({ message, details }) => `node ${id} (${class_type}): ${message} ${details ?? ''}`.trim()),
  )
  return nodes.length > 0
    ? nodes.join('; ')
    : `${error?.message ?? 'The workflow was refused'} ${error?.details ?? ''}`.trim()
}

/** Files that a run has made; kept ones before those that are only to be looked at. */
export function filesOf({ outputs }: Run): RemoteFile[] {
  const lists = Object.values(outputs).flatMap((output) => Object.values(output).filter(Array.isArray).flat())
  const files = lists.flatMap((entry) => (file.safeParse(entry).success ? [file.parse(entry)] : []))
  const kept = files.filter(({ type }) => type === 'output')
  return kept.length > 0 ? kept : files
}

const AGAIN_MS = 1_000

function listen(address: string, id: string, signal: AbortSignal, hear: (told: Told) => void): Promise<void> {
  const tried = Promise.withResolvers<void>()
  const socket = new WebSocket(address)
  socket.binaryType = 'arraybuffer'
  const close = () => socket.close()
  signal.addEventListener('abort', close, { once: true })
  socket.onmessage = ({ data }) => {
    const told = typeof data === 'string' ? toldIn(id, data) : previewIn(new Uint8Array(data as ArrayBuffer))
    if (told) hear(told)
  }
  socket.onopen = () => tried.resolve()
  socket.onclose = () => {
    tried.resolve()
    signal.removeEventListener('abort', close)
    if (signal.aborted) return
    const timer = setTimeout(() => void listen(address, id, signal, hear), AGAIN_MS)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
  return tried.promise
}

const message = z.object({
  type: z.string(),
  data: z.object({
    prompt_id: z.string().optional(),
    node: z.string().nullable().optional(),
    value: z.number().optional(),
    max: z.number().optional(),
  }),
})

function toldIn(id: string, text: string): Told | null {
  const said = readLine(message, text)
  if (!said || (said.data.prompt_id !== undefined && said.data.prompt_id !== id)) return null
  const { node = null, value, max } = said.data
  if (said.type === 'executing') return { type: 'executing', node }
  if (said.type === 'progress' && value !== undefined && max !== undefined)
    return { type: 'progress', value, max, node: node ?? '' }
  if (/^execution_(success|error|interrupted)$/.test(said.type)) return { type: 'ended' }
  return null
}

const [PREVIEW, PREVIEW_WITH_METADATA] = [1, 4]

/** Big-endian: the kind of message, then the picture's format, or the length of a JSON text that comes before it. */
function previewIn(bytes: Uint8Array): Told | null {
  if (bytes.length < 9) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const kind = view.getUint32(0)
  if (kind === PREVIEW)
    return { type: 'preview', bytes: bytes.subarray(8), extension: view.getUint32(4) === 2 ? 'png' : 'jpg' }
  if (kind !== PREVIEW_WITH_METADATA) return null
  const picture = bytes.subarray(8 + view.getUint32(4))
  return picture.length > 0 ? { type: 'preview', bytes: picture, extension: picture[0] === 0x89 ? 'png' : 'jpg' } : null
}
