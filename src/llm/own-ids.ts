import type { Message } from './provider.ts'

const OWN_ID = /^hearth_\d+$/

/** Ids for calls to which a vendor gives none, new in the conversation: another vendor, which wants them unique, may read it next. */
export function ownIds(messages: Message[]): () => string {
  let made = messages.reduce((sum, message) => sum + callsIn(message), 0)
  return () => `hearth_${++made}`
}

export function isOwnId(id: string): boolean {
  return OWN_ID.test(id)
}

function callsIn(message: Message): number {
  return message.role === 'assistant' ? (message.calls?.length ?? 0) : 0
}
