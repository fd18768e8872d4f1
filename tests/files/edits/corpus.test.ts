import { expect, test } from 'bun:test'
import { applyEdits } from '../../../src/files/edits/apply.ts'
import { allCases } from './cases.ts'

const CASES = allCases()

test.each(CASES.map((each) => [`${each.class}/${each.name}`, each] as const))(
  'the corpus: %s',
  (_name, { files, answer, expected }) => {
    const applied = applyEdits(files, answer)
    const made = 'files' in applied ? applied : { refused: applied.failures.map(({ reason }) => reason) }
    expect(made).toEqual(expected)
  },
)
