import type { ModelRequest } from './provider.ts'
import { jsonSchema } from './tool-input.ts'

/** The window of a model of which neither its server nor its owner tells, in tokens: that of the model table. */
const USUAL_WINDOW = 32_768
/** The least that is asked for: four times as much as that costs little memory, and what has another size is loaded anew. */
const SMALLEST_WINDOW = 4_096
/** How much of the longest answer room is kept for, so that a short question gets 8,192: a longer answer is cut at the window, and gone on with. */
const ANSWER_ROOM = 6_144
/** An answer of fewer tokens is not worth asking for. */
const SHORTEST_ANSWER = 256
/** What a model's template adds to each turn. */
const TOKENS_PER_TURN = 16
/** Bytes of a prompt for each of its tokens: few in dense code, more in prose, and never more than so many. */
const BYTES_PER_TOKEN = { dense: 3, most: 6 }

/** What a server says of one of its models. */
export interface LocalFacts {
  /** The window that the model was made for, in tokens. */
  window?: number
  /** What its owner has set in the Modelfile. */
  numCtx?: number
  /** The server cuts a prompt that is too long and says nothing, whatever it is asked. */
  cutsSilently: boolean
}

export interface Room {
  /** `num_ctx`: tokens of prompt and answer together. */
  window: number
  /** `num_predict`. */
  answer: number
  /** False: the prompt does not fit, or may not and the server would hide it. */
  fits: boolean
  /** The prompt, estimated. */
  prompt: number
}

/**
 * How large a window to ask for: what the request needs, in powers of two, and never less than for an earlier request
 * (`used`), since the server loads a model anew for each other size; at most what the model was made for, and what its
 * Modelfile and the owner (`atMost`) allow.
 */
export function roomFor(request: ModelRequest, facts: LocalFacts, atMost: number | undefined, used = 0): Room {
  const bytes = promptBytes(request)
  const prompt = Math.ceil(bytes / BYTES_PER_TOKEN.dense) + (request.messages.length + 1) * TOKENS_PER_TURN
  const limits = [facts.window, facts.numCtx, atMost].filter((limit) => limit !== undefined)
  const ceiling = limits.length > 0 ? Math.min(...limits) : USUAL_WINDOW
  const needed = prompt + Math.min(request.maxOutputTokens, ANSWER_ROOM)
  const window = Math.min(ceiling, Math.max(used, powerOfTwo(needed)))
  const least = facts.cutsSilently ? prompt : Math.ceil(bytes / BYTES_PER_TOKEN.most)
  return {
    window,
    prompt,
    answer: Math.min(request.maxOutputTokens, Math.max(SHORTEST_ANSWER, window - prompt)),
    fits: least + SHORTEST_ANSWER <= window,
  }
}

function powerOfTwo(tokens: number): number {
  return Math.max(SMALLEST_WINDOW, 2 ** Math.ceil(Math.log2(tokens)))
}

function promptBytes({ system, context = '', messages, tools = [] }: ModelRequest): number {
  const described = tools.map(({ name, description, zod }) => ({ name, description, schema: jsonSchema(zod) }))
  return Buffer.byteLength(system + context + JSON.stringify(messages) + JSON.stringify(described))
}
