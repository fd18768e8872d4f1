import { DomainError } from '../errors.ts'
import { type VendorFailure, vendorError, withoutSecrets } from './failures.ts'
import type { Room } from './ollama-window.ts'

const SAID_AT_MOST = 300 // characters of the server's own words

/** Which server was asked for which model. */
export interface AskedServer {
  /** Without a name and a password. */
  address: string
  model: string
  secret: string
}

export function unreachable({ address, model }: AskedServer): DomainError {
  return new DomainError(
    'model_unavailable',
    `Ollama does not answer at ${address}. Start it (“ollama serve”), or check its address in the settings; Hearth tries again by itself.`,
    { retryable: true, severity: 'warning', context: { vendor: 'Ollama', model, address } },
  )
}

/** A prompt that does not fit into the window that may be asked for: cut, it would be another question. */
export function windowExceeded(
  { model }: AskedServer,
  { window, prompt }: Pick<Room, 'window' | 'prompt'>,
): DomainError {
  const needed = prompt > window ? `about ${tokens(prompt)}` : 'more'
  return new DomainError(
    'model_context_exceeded',
    `The model ${model} reads ${tokens(window)} tokens at once here, and this needs ${needed}. Choose a model with a larger window, or give this one more in the settings.`,
    { context: { vendor: 'Ollama', model, window, prompt } },
  )
}

/** What the server says went wrong: with a status, or in the middle of an answer without one. */
export function refusal(asked: AskedServer, failure: VendorFailure, room?: Room): DomainError {
  const said = failure.said ?? ''
  if (room && /exceeds? the (?:available )?context|exceed_context_size/i.test(said)) {
    const counted = Number(/n_prompt_tokens\D{1,5}(\d+)/.exec(said)?.[1])
    return windowExceeded(asked, { window: room.window, prompt: counted || room.prompt })
  }
  const known = KNOWN.find(({ words }) => words.test(said))
  if (!known) return vendorError({ ...asked, vendor: 'Ollama' }, failure)
  return new DomainError(known.code, known.sentence(asked.model), {
    context: {
      vendor: 'Ollama',
      model: asked.model,
      status: failure.status,
      said: withoutSecrets(said, asked.secret).slice(0, SAID_AT_MOST),
    },
  })
}

const KNOWN: { words: RegExp; code: string; sentence: (model: string) => string }[] = [
  {
    words: /^model\b.{0,220}\bnot found\b|try pulling it first/i,
    code: 'unknown_model',
    sentence: (model) => `Ollama has no model “${model}”. Get it with: ollama pull ${model}`,
  },
  {
    words: /does not support tools/i,
    code: 'model_bad_request',
    sentence: (model) => `The model ${model} can't use tools. Choose one that can.`,
  },
  {
    words: /requires more (?:system )?memory|out of memory|insufficient memory/i,
    code: 'model_too_big',
    sentence: (model) =>
      `There is not enough memory to run ${model} with what this asks of it. Choose a smaller model, or free memory on the machine that runs Ollama.`,
  },
]

function tokens(count: number): string {
  return count.toLocaleString('en')
}
