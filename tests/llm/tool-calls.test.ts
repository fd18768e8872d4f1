import { expect, test } from 'bun:test'
import { goesNowhere, type MadeCall } from '../../src/llm/tool-calls.ts'

test('what a call asked is read once, however many calls come after it', () => {
  let reads = 0
  const made = (round: number): MadeCall => {
    const input = JSON.stringify({ at: round })
    const call = {
      id: `c${round}`,
      name: 'look',
      get input() {
        reads++
        return input
      },
    }
    return { round, call, result: { call: call.id, name: call.name, content: call.id } }
  }
  const all = Array.from({ length: 100 }, (_, round) => made(round))
  for (let many = 1; many <= all.length; many++) expect(goesNowhere(all.slice(0, many))).toBe(false)
  expect(reads).toBeLessThan(all.length * 3)
})
