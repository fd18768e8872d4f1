import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Benchmark } from '../result.ts'
import type { AuthorFigures } from './ledger.ts'
import { editTogether } from './run.ts'

const SECONDS = 10
/** Where the changes of the last run are kept. */
const RECORDING = 'dist/together.ndjson'

/** Two people and an agent edit the same files at once: what of what they were told is saved is gone in the end? */
export const together: Benchmark = {
  name: 'together',
  async run(runs) {
    const lost: number[] = []
    for (let seed = 1; seed <= runs; seed++) {
      const { authors, versions, recording } = await editTogether({ seconds: SECONDS, seed })
      lost.push(authors.reduce((sum, author) => sum + author.lost.length, 0))
      mkdirSync(dirname(RECORDING), { recursive: true })
      writeFileSync(RECORDING, `${recording.join('\n')}\n`)
      console.log(
        `${inWords(authors)}\n\n${versions} versions of 5 files in ${SECONDS} s; the changes are in ${RECORDING}\n`,
      )
    }
    return [
      {
        name: 'together',
        what: 'lines that two people and an agent were told are saved, and that nobody meant to take out',
        aim: '0',
        value: Math.max(...lost),
        unit: 'lost',
        met: lost.every((count) => count === 0),
        runs: lost,
      },
    ]
  },
}

/** The figures of each author, as a table of Markdown. */
export function inWords(authors: AuthorFigures[]): string {
  const rows = authors
    .toSorted((a, b) => a.author.localeCompare(b.author))
    .map(({ author, edits, merged, asked, undone, standing, takenOut, lost }) =>
      [author, edits, merged, asked, undone, standing, takenOut, lost.length].join(' | '),
    )
  const head = 'author | edits saved | of them merged | asked | undone | lines that stand | taken out on purpose | lost'
  return [head, '---|--:|--:|--:|--:|--:|--:|--:', ...rows].map((row) => `| ${row} |`).join('\n')
}
