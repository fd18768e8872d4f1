import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { DomainError } from '../../src/errors.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import type { Provider } from '../../src/llm/provider.ts'
import { type FileAsk, writeFile } from '../../src/llm/write-file.ts'

const line = fc.constantFrom(
  '}',
  '  }',
  '',
  '</div>',
  '  return x',
  'a = 1',
  'b = 2',
  '```',
  '<<<END',
  'é🥖'.repeat(30),
)
const file = fc
  .tuple(fc.constantFrom('top', '<!doctype html>'), fc.array(line, { maxLength: 200 }))
  .map(([first, lines]) => `${[first, ...lines].join('\n').trimEnd()}\n`)
/** For each answer: after how many chunks it is cut, and how. */
const cut = fc.record({ after: fc.nat({ max: 40 }), how: fc.constantFrom('closed', 'length', 'broken', 'whole') })

test('however answers are cut, the file comes out whole or not at all, and a reader saw what was kept', async () => {
  const outcomes = { whole: 0, cutOff: 0, broken: 0 }
  await fc.assert(
    fc.asyncProperty(file, fc.array(cut, { maxLength: 6 }), fc.option(fc.nat()), async (text, cuts, crash) => {
      const draft = crash === null ? undefined : text.slice(0, crash % text.length)
      let shown = draft ?? ''
      const hooks = {
        onText(delta: string) {
          shown += delta
          expect(text.startsWith(shown)).toBe(true)
        },
        onRestart(kept: string) {
          expect(text.startsWith(kept)).toBe(true)
          shown = kept
        },
      }
      const result = await writeFile(
        { chain: [{ provider: cutting(text, cuts), model: 'demo' }], newId: () => 'abcdefgh' },
        { ...ASK, draft },
        hooks,
        new AbortController().signal,
      ).catch((error: unknown) => error)

      expect(text.startsWith(shown)).toBe(true)
      if (result instanceof DomainError) {
        expect(['model_cut_off', 'model_unavailable']).toContain(result.code)
        outcomes[result.code === 'model_cut_off' ? 'cutOff' : 'broken']++
        return
      }
      expect(result).toMatchObject({ text })
      expect(shown).toBe(text)
      outcomes.whole++
    }),
    { numRuns: 2000 },
  )
  expect(Math.min(outcomes.whole, outcomes.cutOff, outcomes.broken)).toBeGreaterThan(0)
})

const ASK: FileAsk = {
  system: '',
  messages: [{ role: 'user', content: 'x' }],
  maxOutputTokens: 1,
  task: { kind: 'write', brief: '', path: 'a.ts' },
}

function cutting(text: string, cuts: { after: number; how: string }[]): Provider {
  const clock = { awake: () => 0, sleep: () => Promise.resolve() }
  const demo = demoProvider({
    project: () => ({ plan: { title: '', summary: '', tasks: [] }, file: () => text }),
    bytesPerSecond: 1e9,
    clock,
  })
  let calls = 0
  return {
    ...demo,
    async *stream(request, signal) {
      const { after, how } = cuts[calls++] ?? { after: 3, how: 'closed' }
      let sent = 0
      for await (const chunk of demo.stream(request, signal)) {
        if (how !== 'whole' && chunk.type === 'text' && sent++ === after) break
        yield chunk
      }
      if (how === 'length') yield { type: 'finish', reason: 'length' }
      if (how === 'broken') throw new DomainError('model_unavailable', 'broke', { retryable: true })
    },
  }
}
