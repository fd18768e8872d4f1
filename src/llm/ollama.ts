import { DomainError } from '../errors.ts'
import { type ChatLine, cutThePrompt, lineReader } from './ollama-answer.ts'
import { refusal, windowExceeded } from './ollama-failures.ts'
import { chatBody } from './ollama-request.ts'
import { askedOf, factsAt, failureOf, linesOf, type OllamaServer, Refused, reach, wordsOf } from './ollama-server.ts'
import { type LocalFacts, type Room, roomFor } from './ollama-window.ts'
import type { Chunk, ModelRequest, Provider } from './provider.ts'
import { pumped } from './pump.ts'

const MODEL_ID = /^[a-z0-9][\w.:/-]{0,199}$/i

export interface OllamaSettings extends OllamaServer {
  /** As the person who set it up knows it. */
  name?: string
  label?: string
  /** The models that it has. */
  models: string[]
  /** The largest window, in tokens, that the owner wants a model to be given: a large one takes much memory. */
  contextAtMost?: (model: string) => number | undefined
}

/** Ollama by its own API: the one that it shares with others ignores how large a window is asked for, and cuts in silence. */
export function ollamaProvider({ name = 'ollama', label = 'Ollama', models, ...settings }: OllamaSettings): Provider {
  const known: Known = { facts: new Map(), windows: new Map() }
  return {
    name,
    label,
    demo: false,
    defaultModel: models[0] ?? '',
    models,
    takes: (model) => MODEL_ID.test(model),
    stream: (request, signal) => stream(settings, known, request, signal),
  }
}

type Settings = Omit<OllamaSettings, 'models'>

/** What was learned of each model: what the server said, and the largest window that it was given. */
interface Known {
  facts: Map<string, LocalFacts>
  windows: Map<string, number>
}

function stream(settings: Settings, known: Known, request: ModelRequest, signal: AbortSignal): AsyncIterable<Chunk> {
  const asked = askedOf(settings, request.model)
  return pumped(signal, async (push, signal) => {
    let room: Room | undefined
    try {
      room = await roomAt(settings, known, request, signal)
      if (!room.fits) throw windowExceeded(asked, room)
      const read = lineReader(request, room.window)
      const response = await reach(settings, asked, '/api/chat', chatBody(request, room), signal)
      for await (const line of linesOf(response) as AsyncIterable<ChatLine>) {
        if (line.error !== undefined) throw new Refused({ said: wordsOf(line.error) })
        if (cutThePrompt(line, room.window)) throw windowExceeded(asked, room)
        for (const chunk of read(line)) await push(chunk)
      }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof Refused) forget(known, request.model)
      throw error instanceof DomainError ? error : refusal(asked, failureOf(error), room)
    }
  })
}

async function roomAt(settings: Settings, known: Known, request: ModelRequest, signal: AbortSignal): Promise<Room> {
  const { model } = request
  const facts = known.facts.get(model) ?? (await factsAt(settings, model, signal))
  known.facts.set(model, facts)
  const atMost = settings.contextAtMost?.(model)
  const room = roomFor(request, facts, atMost, known.windows.get(model))
  known.windows.set(model, room.window)
  return room
}

/** The model may be another by the next question, or too big with this window. */
function forget({ facts, windows }: Known, model: string): void {
  facts.delete(model)
  windows.delete(model)
}
