import { prompt } from './prompts.ts'
import type { EditsAsked, Message } from './provider.ts'
import { numberedTail } from './stitch.ts'

/** What an answer is to be: the whole file, or edits of it. */
export type AnswerForm = 'whole' | EditsAsked['form']

const RULES: Record<AnswerForm, string> = { whole: 'file-rules', 'search-replace': 'block-rules', diff: 'diff-rules' }
const GO_ON: Record<AnswerForm, string> = {
  whole: 'continue',
  'search-replace': 'continue-edits',
  diff: 'continue-edits',
}

/** The prompts that requests for a file are made of, whatever is asked. */
export const FILE_PROMPTS = [...new Set([...Object.values(RULES), ...Object.values(GO_ON)])]

/** `messages` with the rules for the form of the answer: one file or its edits, plain, ended by the sentinel. */
export function withRules(messages: Message[], path: string, sentinel: string, form: AnswerForm = 'whole'): Message[] {
  const last = messages.at(-1)
  if (last?.role !== 'user') throw new TypeError('the last message of a request is the user’s')
  const rules = prompt(RULES[form], { path, sentinel })
  return [...messages.slice(0, -1), { role: 'user', content: `${last.content}\n\n${rules}` }]
}

/**
 * The turns that ask to go on. The text so far goes as the assistant's turn, so that the model knows all of it; the user's turn after it makes it no prefill.
 */
export function goOn(before: string, sentinel: string, form: AnswerForm = 'whole'): Message[] {
  return [
    { role: 'assistant', content: before.trimEnd() },
    { role: 'user', content: prompt(GO_ON[form], { ...numberedTail(before), sentinel }) },
  ]
}
