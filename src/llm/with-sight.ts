import type { AbilitiesOf } from './answer-shape.ts'
import { prompt } from './prompts.ts'
import type { Message, ModelRequest, Picture, Provider } from './provider.ts'

/** What each vendor takes; of a server that may be anything only what all that see know. */
const TAKES: Readonly<Record<string, readonly Picture['media'][]>> = {
  anthropic: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
  openai: ['image/png', 'image/jpeg', 'image/webp', 'image/gif'],
  google: ['image/png', 'image/jpeg', 'image/webp'],
}
const USUAL: readonly Picture['media'][] = ['image/png', 'image/jpeg']

/**
 * The same provider, shown no picture that its model can't see: it is told so instead, and can say it. The next of a chain
 * may well see what the first did not.
 */
export function withSight(abilitiesOf: AbilitiesOf, provider: Provider): Provider {
  const seen = (request: ModelRequest): ModelRequest => {
    if (!request.messages.some((message) => message.role === 'user' && message.pictures)) return request
    const { vision } = abilitiesOf(provider.name, request.model).abilities
    const takes = vision ? (TAKES[provider.name] ?? USUAL) : []
    return { ...request, messages: request.messages.map((message) => shown(message, takes)) }
  }
  return {
    ...provider,
    stream: (request, signal) => provider.stream(seen(request), signal),
    ...(provider.countTokens ? { countTokens: (request, signal) => provider.countTokens!(seen(request), signal) } : {}),
  }
}

function shown(message: Message, takes: readonly Picture['media'][]): Message {
  if (message.role !== 'user' || !message.pictures) return message
  const { pictures, content } = message
  const kept = pictures.filter(({ media }) => takes.includes(media))
  const hidden = pictures.length - kept.length
  const words = hidden > 0 ? `${content}\n\n${prompt('unseen', { hidden })}` : content
  return { role: 'user', content: words, ...(kept.length > 0 ? { pictures: kept } : {}) }
}
