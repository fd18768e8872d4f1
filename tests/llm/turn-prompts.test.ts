import { test } from 'bun:test'
import { expectGolden } from '../support/golden.ts'

const GIVEN: Record<string, object> = {
  'turn-cut': { lines: '1| The first line.\n2| The second “line” <b>.', last: 2 },
  'turn-too-long': {},
}

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})
