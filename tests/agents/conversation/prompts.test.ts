import { test } from 'bun:test'
import { REFUSED } from '../../../src/agents/conversation/decisions.ts'
import { type Exchange, historyMessages } from '../../../src/agents/conversation/history.ts'
import { NOT_RUN } from '../../../src/agents/conversation/rounds.ts'
import { CHAT_TOOLS } from '../../../src/agents/conversation/tools/all.ts'
import { requestInput } from '../../../src/llm/anthropic-request.ts'
import { prompt, promptVersion } from '../../../src/llm/prompts.ts'
import type { ModelRequest } from '../../../src/llm/provider.ts'
import { expectGolden, expectTold } from '../../support/golden.ts'

const REQUEST: ModelRequest = {
  model: 'claude-sonnet-5-5',
  system: '',
  messages: [{ role: 'user', content: 'Hello.' }],
  maxOutputTokens: 1_000,
  task: { kind: 'chat', brief: '' },
}

/** What each prompt of the conversation is given here. */
const GIVEN: Record<string, object> = {
  chat: { hasTools: true },
  'chat-context': {
    brief: 'A page for a “bakery” <Crumb>',
    title: 'Crumb',
    summary: 'A page. For guests.',
    tasks: ['t1: Front page (write; done; index.html)'],
    files: ['index.html (80 bytes)'],
    before: 'They talked about bread.',
    today: 'Saturday, 2026-11-21',
    timeZone: 'Europe/Berlin',
  },
  summarise: {},
  conversation: { summary: 'It is about bread.', turns: [{ who: 'Person', text: 'Is <b>rye</b> & oat there?' }] },
}

test('a model without tools is told that it can only answer, by the same version', () => {
  expectTold(
    import.meta.dir,
    `chat-no-tools.v${promptVersion('chat').split('@')[1]}.txt`,
    prompt('chat', { hasTools: false }),
  )
})

test('the tools of a conversation are sent with these words and shapes, to the letter', () => {
  const { tools } = requestInput({ ...REQUEST, tools: CHAT_TOOLS })
  expectTold(import.meta.dir, 'tools.txt', JSON.stringify(tools, null, 2))
})

test('what a model is told of earlier answers’ calls, of refusals and of calls that were stopped is this, to the letter', () => {
  const question = { text: 'Go on.' }
  const row = { text: 'I look.' }
  const calls = [
    { name: 'read_file', state: 'done', result: 'index.html, version 1\n1| <p>' },
    { name: 'delete_file', state: 'refused', result: REFUSED },
    { name: 'run_check', state: 'failed', result: NOT_RUN },
  ]
  const exchanges = [
    { question, rounds: [{ row, calls }] },
    { question, rounds: [] },
  ] as unknown as Exchange[]
  const told = historyMessages(exchanges, 'And now?').map(
    (message) => `${message.role}: ${(message as { content: string }).content}`,
  )
  expectTold(import.meta.dir, 'told.txt', [...told, REFUSED, NOT_RUN].join('\n\n'))
})

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})
