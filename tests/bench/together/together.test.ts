import { describe, expect, test } from 'bun:test'
import { openLedger, type Version } from './ledger.ts'
import { editTogether } from './run.ts'

test('two people and an agent edit the same files at once, and nothing that they were told is saved is lost', async () => {
  const { authors, versions, recording } = await editTogether({ seconds: 2, seed: 7 })
  expect(authors.map(({ author, lost }) => [author, lost]).toSorted()).toEqual([
    ['agent', []],
    ['ann', []],
    ['bob', []],
  ])
  expect(authors.every(({ edits }) => edits > 0)).toBe(true)
  expect(recording.length).toBeGreaterThan(versions / 2)
}, 60_000)

describe('a line that is gone is lost', () => {
  const version = (nth: number, author: string, lines: string[], undoes: string[] = []): Version => {
    return { path: 'a.txt', version: nth, change: `c${nth}`, author, undoes, merged: false, lines }
  }
  const lostOf = (log: Version[], meant: [string, string][] = []) => {
    const ledger = openLedger()
    ledger.saved('ann', { line: 'mine', change: 'c1', merged: false })
    for (const [author, line] of meant) ledger.meant(author, [line])
    return ledger.figures(log)[0]!.lost
  }
  const kept = version(1, 'ann', ['mine'])
  const without = version(2, 'bob', [])

  test('where whoever wrote the version without it did not mean that', () => {
    expect(lostOf([kept, without])).toEqual(['mine'])
    expect(lostOf([kept, without], [['ann', 'mine']])).toEqual(['mine'])
    expect(lostOf([])).toEqual(['mine'])
  })

  test('and not where it stands, was taken out on purpose, or undone', () => {
    expect(lostOf([kept])).toEqual([])
    expect(lostOf([kept, without], [['bob', 'mine']])).toEqual([])
    expect(lostOf([kept, version(2, 'bob', [], ['c1'])])).toEqual([])
    expect(lostOf([kept, without, version(3, 'bob', ['mine'])])).toEqual([])
  })
})
