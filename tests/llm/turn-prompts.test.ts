import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { prompt, promptVersion } from '../../src/llm/prompts.ts'

/** What is sent, by the prompt's version: other words without another version fail. */
const SENT: [string, object][] = [
  ['turn-cut', { lines: '1| The first line.\n2| The second “line” <b>.', last: 2 }],
  ['turn-too-long', {}],
]

test.each(SENT)('%s is sent as it was agreed for its version', async (name, data) => {
  const file = `${promptVersion(name).replace('@', '.v')}.txt`
  expect(`${prompt(name, data)}\n`).toBe(await Bun.file(join(import.meta.dir, 'golden', file)).text())
})
