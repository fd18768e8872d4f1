import { openSymbols, type SymbolReader } from '../../../src/files/symbols/symbols.ts'
import type { Benchmark, Result } from '../result.ts'
import { byChunks, byFiles, byMap, type Shown } from './methods.ts'
import chosen from './questions.json' with { type: 'json' }
import { type Question, questionOf, type Step } from './questions.ts'
import { REPOSITORIES, type Subject } from './repositories.ts'

/** In tokens, counted as a third of the bytes, the same for every method. */
const BUDGETS = [4_000, 8_000, 16_000, 32_000]
const MEASURED = 8_000
const count = (text: string) => Math.ceil(Buffer.byteLength(text) / 3)

/** How many questions have all files of their answer in the budget, by method. */
interface Found {
  /** In the map: whole; whole or by signatures; at all. */
  whole: number
  signatures: number
  named: number
  /** In a map that spends all on whole files. */
  mapFiles: number
  /** By plain BM25: whole files, or pieces of 40 lines. */
  files: number
  chunks: number
}

/**
 * "Which file must change", of repositories whose later releases answer it. It downloads some 170 releases when first run,
 * so that it only runs when it is named.
 */
export const context: Benchmark = {
  name: 'context',
  named: true,
  run: async () => {
    using symbols = openSymbols()
    const results: Result[] = []
    for (const subject of REPOSITORIES) results.push(await measured(symbols, subject))
    return results
  },
}

async function measured(symbols: SymbolReader, subject: Subject): Promise<Result> {
  const questions = await questionsOf(subject)
  const byBudget = new Map<number, Found>()
  for (const tokens of BUDGETS) {
    byBudget.set(tokens, await found(symbols, questions, tokens))
    console.error(`${subject.name}, ${tokens} tokens: ${JSON.stringify(byBudget.get(tokens))}`)
  }
  const { signatures, chunks, files } = byBudget.get(MEASURED)!
  return {
    name: `context-${subject.name}`,
    what: `of ${questions.length} questions${subject.tuning ? ' (weights chosen on these)' : ''}, the right files in ${MEASURED} tokens`,
    aim: 'as BM25',
    value: signatures,
    unit: 'found',
    met: signatures >= Math.max(chunks, files),
    runs: [signatures],
    baseline: { what: `pieces by BM25, ${files} files`, value: chunks },
    also: Object.fromEntries([...byBudget].map(([tokens, figures]) => [String(tokens), JSON.stringify(figures)])),
  }
}

async function questionsOf(subject: Subject): Promise<Question[]> {
  const steps: Step[] = (chosen as Record<string, Step[]>)[subject.name] ?? []
  const questions: Question[] = []
  for (const step of steps) {
    const question = await questionOf(subject, step, Number.POSITIVE_INFINITY)
    if (!question) throw new Error(`${subject.name} ${step.to} is no question any more`)
    questions.push(question)
  }
  return questions
}

async function found(symbols: SymbolReader, questions: Question[], tokens: number): Promise<Found> {
  const sum: Found = { whole: 0, signatures: 0, named: 0, mapFiles: 0, files: 0, chunks: 0 }
  for (const question of questions) {
    const has = (shown: Shown, ...stages: string[]) =>
      question.answer.every((path) => stages.includes(shown.get(path) ?? 'absent')) ? 1 : 0
    const map = await byMap(symbols, question, tokens, count)
    sum.whole += has(map, 'whole')
    sum.signatures += has(map, 'whole', 'signatures')
    sum.named += has(map, 'whole', 'signatures', 'name')
    sum.mapFiles += has(await byMap(symbols, question, tokens, count, 1), 'whole')
    sum.files += has(byFiles(question, tokens, count), 'whole')
    sum.chunks += has(byChunks(question, tokens, count), 'chunk')
  }
  return sum
}
