import { prompt } from './prompts.ts'
import type { Message } from './provider.ts'
import { numberedTail } from './stitch.ts'

/** The prompts that every request for a file is made of, whatever is asked. */
export const FILE_PROMPTS = ['file-rules', 'continue']

/** `messages` with the rules for the form of the answer: one file, plain, ended by the sentinel. */
export function withRules(messages: Message[], path: string, sentinel: string): Message[] {
  const last = messages.at(-1)
  if (last?.role !== 'user') throw new TypeError('the last message of a request is the user’s')
  const rules = prompt('file-rules', { path, sentinel })
  return [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n\n${rules}` }]
}

/**
 * The turns that ask to go on. The text so far goes as the assistant's turn, so that the model knows all of it; the user's turn after it makes it no prefill.
 */
export function goOn(before: string, sentinel: string): Message[] {
  return [
    { role: 'assistant', content: before.trimEnd() },
    { role: 'user', content: prompt('continue', { ...numberedTail(before), sentinel }) },
  ]
}
