import type { Message } from './provider.ts'
import { numberedTail } from './stitch.ts'

/** `messages` with the rules for the form of the answer: one file, plain, ended by the sentinel. */
export function withRules(messages: Message[], path: string, sentinel: string): Message[] {
  const rules = `Answer with the complete content of the file ${path} and nothing else: no code fence around it, no words before or after it, nothing left out or abbreviated. After the last line of the file, write this line alone:\n${sentinel}`
  const last = messages.at(-1)
  if (last?.role !== 'user') throw new TypeError('the last message of a request is the user’s')
  return [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n\n${rules}` }]
}

/**
 * The turns that ask to go on. The text so far goes as the assistant's turn, so that the model knows all of it; the user's turn after it makes it no prefill.
 */
export function goOn(before: string, sentinel: string): Message[] {
  const { lines, last } = numberedTail(before)
  return [
    { role: 'assistant', content: before.trimEnd() },
    {
      role: 'user',
      content: `Your answer was cut off. These are the last lines of the file as it stands, each after its number and a bar:\n\n${lines}\n\nGo on from there. First repeat line ${last} exactly, without its number and bar, then write the rest of the file from line ${last + 1} on, and at the end this line alone:\n${sentinel}\nIf line ${last} is the last line of the file, repeat it and write the end line. No code fence, no other words.`,
    },
  ]
}
