import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { DomainError } from '../../src/errors.ts'
import { Snooze } from '../../src/jobs/handler.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import type { FileTask, Provider } from '../../src/llm/provider.ts'
import { type FileAsk, type WrittenFile, writeFile } from '../../src/llm/write-file.ts'
import { DONE, failure, playing } from './scripted-streams.ts'

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
/** For each answer: after how many chunks it ends, and how. */
const HOW = ['closed', 'length', 'broken', 'overloaded', 'refusedKey', 'late', 'away', 'whole'] as const
const cut = fc.record({ after: fc.nat({ max: 40 }), how: fc.constantFrom(...HOW) })
type Cut = { after: number; how: (typeof HOW)[number] }
/** For each provider of the chain, its answers; after those it is cut each time. */
const chain = fc.array(fc.array(cut, { maxLength: 6 }), { minLength: 1, maxLength: 3 })

const FAILURES: Partial<Record<Cut['how'], Error>> = {
  broken: failure('model_unavailable'),
  overloaded: failure('model_overloaded'),
  refusedKey: failure('model_auth', { retryable: false }),
  late: failure('model_total_timeout'),
  away: new Snooze(1, failure('circuit_open')),
}

test('however answers are cut and providers fail, the file comes out whole or not at all, never doubled, and a reader saw what was kept', async () => {
  const outcomes = { whole: 0, switched: 0, failed: 0, waits: 0 }
  await fc.assert(
    fc.asyncProperty(file, chain, fc.option(fc.nat()), async (text, cuts, crash) => {
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
      const providers = cuts.map((each, i) => cutting(`p${i}`, text, each))
      const result = await writeFile(
        { chain: providers.map((provider) => ({ provider, model: 'demo' })), newId: () => 'abcdefgh' },
        { ...ASK, draft },
        hooks,
        new AbortController().signal,
      ).catch((error: unknown) => error)

      expect(text.startsWith(shown)).toBe(true)
      for (const { calls } of providers) expect(calls).toBeLessThanOrEqual(5)
      if (result instanceof Snooze) return void outcomes.waits++
      if (result instanceof DomainError) {
        expect(result.code).toMatch(/^model_(cut_off|unavailable|overloaded|auth|total_timeout)$/)
        return void outcomes.failed++
      }
      const { text: written, parts, provider } = result as WrittenFile
      expect(written).toBe(text)
      expect(shown).toBe(text)
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(text))
      outcomes[provider === 'p0' ? 'whole' : 'switched']++
    }),
    { numRuns: 2000 },
  )
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(50)
})

/** Markdown with examples, the last of them perhaps at its very end. */
const example = fc.constantFrom('```sh\nhearth serve\n```', '```\na\n\nb\n```', '# Use', 'It bakes.', '- rye\n- oat')
const markdown = fc.array(example, { minLength: 1, maxLength: 12 }).map((parts) => `# Crumb\n\n${parts.join('\n\n')}\n`)
/** Around an answer: a fence, only its beginning, or nothing. */
const around = fc.constantFrom(['```markdown\n', '```\n'], ['```md\n', ''], ['', ''])

test('a Markdown file keeps the fences of its examples, however it is fenced itself and wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      markdown,
      around,
      fc.array(fc.nat({ max: 300 }), { maxLength: 3 }),
      async (text, [open, close], cuts) => {
        let calls = 0
        const provider = playing('one', ({ task }) => {
          const { sentinel, textSoFar = '' } = task as FileTask
          const rest = text.slice(textSoFar.length - (textSoFar.split('\n').at(-2)?.length ?? -1) - 1)
          const answer = `${open}${rest}${close}${sentinel}\n`
          const cut = cuts[calls++]
          return cut === undefined ? [...(answer.match(/[\s\S]{1,7}/g) ?? []), DONE] : [answer.slice(0, cut)]
        })
        const ask: FileAsk = { ...ASK, task: { kind: 'write', brief: '', path: 'README.md' } }
        const chain = [{ provider, model: 'm' }]
        const hooks = { onText() {}, onRestart() {} }
        const result = await writeFile(
          { chain, newId: () => 'abcdefgh' },
          ask,
          hooks,
          new AbortController().signal,
        ).catch((error: DomainError) => error.code)
        if (typeof result === 'string') expect(result).toBe('model_cut_off')
        else expect(result.text).toBe(text)
      },
    ),
    { numRuns: 1000 },
  )
})

const ASK: FileAsk = {
  system: '',
  messages: [{ role: 'user', content: 'x' }],
  maxOutputTokens: 1,
  task: { kind: 'write', brief: '', path: 'a.ts' },
}

function cutting(name: string, text: string, cuts: Cut[]): Provider & { readonly calls: number } {
  const clock = { awake: () => 0, sleep: () => Promise.resolve() }
  const demo = demoProvider({
    project: () => ({ plan: { title: '', summary: '', tasks: [] }, file: () => text }),
    bytesPerSecond: 1e9,
    clock,
  })
  let calls = 0
  return {
    ...demo,
    name,
    get calls() {
      return calls
    },
    async *stream(request, signal) {
      const { after, how } = cuts[calls++] ?? { after: 3, how: 'closed' }
      let sent = 0
      for await (const chunk of demo.stream(request, signal)) {
        if (how !== 'whole' && chunk.type === 'text' && sent++ === after) break
        yield chunk
      }
      if (how === 'length') yield { type: 'finish', reason: 'length' }
      if (FAILURES[how]) throw FAILURES[how]
    },
  }
}
