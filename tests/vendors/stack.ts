import { DomainError } from '../../src/errors.ts'
import { openBreakers } from '../../src/jobs/breaker.ts'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import { around } from '../../src/llm/around.ts'
import { compatibleProvider } from '../../src/llm/compatible.ts'
import { googleProvider } from '../../src/llm/google.ts'
import type { Choice } from '../../src/llm/models.ts'
import { ollamaProvider } from '../../src/llm/ollama.ts'
import { openaiProvider } from '../../src/llm/openai.ts'
import type { Provider } from '../../src/llm/provider.ts'
import { xaiProvider } from '../../src/llm/xai.ts'
import { type StoppedClock, stoppedClock } from '../support/clock.ts'
import { silent } from '../support/database.ts'
import { anthropicWire } from './anthropic.ts'
import { geminiWire } from './gemini.ts'
import { type Misbehaviour, misbehaves, type Scene, says } from './misbehaviours.ts'
import { ollamaWire } from './ollama.ts'
import { openaiWire } from './openai.ts'
import { type Script, type VendorServer, vendorServer, type Wire, type WireRequest } from './wire.ts'

export const KEY = 'sk-a-very-secret-key-0123456789'
const STEP_MS = 5_000

export type VendorName = 'anthropic' | 'openai' | 'xai' | 'google' | 'ollama' | 'compatible'

/** Each vendor's protocol, and its provider at the address of a server that speaks it. */
export const VENDORS: Record<VendorName, { wire: Wire; open(url: string): Provider }> = {
  anthropic: { wire: anthropicWire, open: (baseUrl) => anthropicProvider({ apiKey: KEY, baseUrl }) },
  openai: { wire: openaiWire, open: (baseUrl) => openaiProvider({ apiKey: KEY, baseUrl }) },
  xai: { wire: openaiWire, open: (baseUrl) => xaiProvider({ apiKey: KEY, baseUrl }) },
  google: { wire: geminiWire, open: (baseUrl) => googleProvider({ apiKey: KEY, baseUrl }) },
  ollama: { wire: ollamaWire(), open: (baseUrl) => ollamaProvider({ apiKey: KEY, baseUrl, models: ['qwen3:8b'] }) },
  compatible: {
    wire: openaiWire,
    open: (baseUrl) =>
      compatibleProvider({ name: 'local', label: 'My server', apiKey: KEY, baseUrl, models: ['m'], defaultModel: 'm' }),
  },
}

export const VENDOR_NAMES = Object.keys(VENDORS) as VendorName[]

/** A vendor that misbehaves, with all around it that Hearth puts there, and another that does not. */
export interface Stage extends AsyncDisposable {
  choice: Choice
  /** The one to fall back on. */
  spare: Choice
  server: VendorServer
  /** Stands still but while the server has fallen silent, or it is waited before it is asked again. */
  clock: StoppedClock
  whileTimePasses<T>(work: Promise<T>): Promise<T>
  /** Requests to where a redirect leads. */
  readonly ledAway: number
}

export interface Play {
  /** In each of its answers, or in the first alone. */
  always: boolean
  /** What is answered to a request, where it is answered well. */
  answer(request: WireRequest): string
}

/** Puts up a vendor that misbehaves. */
export function stage(name: VendorName, how: Misbehaviour, { always, answer }: Play): Stage {
  const { wire, open } = VENDORS[name]
  const elsewhere = vendorServer(wire, says('I am somebody else.'))
  const heard = { streams: 0, text: '' }
  let sent: string | undefined
  const scene: Omit<Scene, 'text'> = {
    elsewhere: elsewhere.url,
    onStall(text) {
      sent = text
    },
    async untilHeard(text) {
      while (heard.text !== text && heard.streams > 0) await Bun.sleep(1)
    },
  }
  const bad: Script = (reply, request) => misbehaves(how, { ...scene, text: answer(request) })(reply, request)
  const good: Script = (reply, request) => says(answer(request))(reply, request)
  const server = vendorServer(wire, ...(always ? [bad] : [bad, good]))
  const other = vendorServer(openaiWire, good)

  const clock = stoppedClock()
  let sleepers = 0
  const timed = {
    ...clock,
    async sleep(ms: number, signal?: AbortSignal) {
      sleepers++
      await clock.sleep(ms, signal)
      sleepers--
    },
  }
  const breakers = openBreakers({ now: clock.now, log: silent } as never) // who waits for it is in the database: nobody
  const onAsked = () => {
    sent = undefined
  }
  const provider = around({ breakers, clock: timed }, overheard(open(server.url), heard, onAsked))
  const spare = around(
    { breakers, clock: timed },
    overheard({ ...VENDORS.openai.open(other.url), name: 'spare' }, heard, onAsked),
  )

  return {
    choice: { provider, model: provider.defaultModel },
    spare: { provider: spare, model: spare.defaultModel },
    server,
    clock,
    get ledAway() {
      return elsewhere.asked.length + elsewhere.others.length
    },
    async whileTimePasses(work) {
      let over = false
      const end = () => {
        over = true
      }
      work.then(end, end)
      while (!over) {
        await Bun.sleep(1)
        const isIdle = heard.streams === 0 ? sleepers > 0 : sent === heard.text
        if (!over && isIdle) clock.pass(STEP_MS)
      }
      return work
    },
    async [Symbol.asyncDispose]() {
      for (const each of [server, other, elsewhere]) await each[Symbol.asyncDispose]()
    },
  }
}

/** The same provider; it is known how many of its streams go on, and what the last one has brought. */
function overheard(provider: Provider, heard: { streams: number; text: string }, onAsked: () => void): Provider {
  return {
    ...provider,
    async *stream(request, signal) {
      heard.streams++
      heard.text = ''
      onAsked()
      try {
        for await (const chunk of provider.stream(request, signal)) {
          if (chunk.type === 'text') heard.text += chunk.text
          yield chunk
        }
      } finally {
        heard.streams--
      }
    },
  }
}

/** What came of an attempt: its outcome, or the error that a person would read. */
export async function attempted<T>(work: Promise<T>): Promise<T | DomainError> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

/** All that was said in a request, whatever its protocol. */
export function wordsOf({ body }: WireRequest): string {
  return textsIn(body).join('\n')
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
