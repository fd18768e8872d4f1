import { test } from 'bun:test'
import { expectGolden } from '../../support/golden.ts'

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

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})
