import { expect, test } from 'bun:test'
import { languageOf } from '../../../src/files/languages.ts'
import { EXACT_LANGUAGES, validate } from '../../../src/files/validate/validate.ts'
import { EXACT } from './samples.ts'

test.each(EXACT.map((sample) => [sample.path, sample] as const))(
  '%s: what is seldom seen is no fault',
  async (path, { valid }) => {
    expect(await validate(path, valid)).toEqual([])
  },
)

test.each(EXACT.map((sample) => [sample.path, sample] as const))(
  '%s: a fault has its line, its column and the line itself',
  async (path, { broken, line, column, text }) => {
    const [fault] = await validate(path, broken)
    expect(fault).toEqual({ line, column, text, message: expect.any(String) })
  },
)

test('every exact language has a sample, and they are twenty', () => {
  const sampled = new Set(EXACT.map(({ path }) => languageOf(path)))
  expect([...EXACT_LANGUAGES].sort()).toEqual([...sampled].sort())
  expect(EXACT_LANGUAGES.length).toBeGreaterThanOrEqual(20)
})
