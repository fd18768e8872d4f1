import type { Benchmark } from '../result.ts'
import { report, reportInWords } from './report.ts'

/** The corpus of edits: how many are made that should not be. The figures are no timings: one run is all. */
export const edits: Benchmark = {
  name: 'edits',
  async run() {
    const { classes, engines } = report()
    console.log(`${reportInWords({ classes, engines })}\n`)
    const all = classes.at(-1)!
    const naive = engines[1]!
    return [
      {
        name: 'edits',
        what: `of ${all.cases} answers of models, made otherwise than they mean (refused wrongly: ${all.refusedWrong})`,
        aim: '0',
        value: all.appliedWrong,
        unit: 'wrong',
        met: all.appliedWrong === 0,
        runs: [all.appliedWrong],
        baseline: { what: naive.name, value: naive.appliedWrong },
        also: Object.fromEntries(
          classes.map(({ name, appliedRight, refusedRight }) => [name, appliedRight + refusedRight]),
        ),
      },
    ]
  },
}
