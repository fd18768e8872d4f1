import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { applyEdits } from '../../../src/files/edits/apply.ts'
import type { EditAnswer } from '../../../src/files/edits/edit.ts'
import { MUTATIONS } from './mutations.ts'
import { asBlocks, asDiff, asText, editedLines, repeating, type Scene, sides, told, unique } from './rendering.ts'

const PATH = 'a.txt'

/** The file after the answer; the reasons where it was refused. */
function after(scene: Scene, answer: EditAnswer): string | string[] {
  const before = asText(scene.lines, scene)
  const applied = applyEdits(new Map([[PATH, before]]), answer)
  if ('failures' in applied) return applied.failures.map(({ reason }) => reason)
  return applied.files.get(PATH) ?? before
}

const ways: Record<string, (scene: Scene, numbers?: number[]) => EditAnswer> = {
  'search/replace blocks': (scene) => ({
    format: 'search-replace',
    path: PATH,
    text: asBlocks(told(scene).map(sides)),
  }),
  'a unified diff': (scene, numbers) => ({ format: 'diff', path: PATH, text: asDiff(PATH, told(scene), numbers) }),
  'a tool’s blocks': (scene) => ({
    format: 'blocks',
    path: PATH,
    blocks: told(scene).map((edit) => {
      const { search, replace } = sides(edit)
      const reachesEnd = search.at(-1) === scene.lines.at(-1) && !scene.finalNewline
      const end = replace.length === 0 && !reachesEnd ? '\n' : '' // to take lines out, their end goes too
      return { search: search.join('\n') + end, replace: replace.join('\n') }
    }),
  }),
}

const hasSense = (scene: Scene) => told(scene).every((edit) => sides(edit).search.some((line) => line.trim() !== ''))
const changes = (scene: Scene) => told(scene).every(({ removed, added }) => removed.join('\n') !== added.join('\n'))

/** As characters, a blank last line of what comes is none where the file has no newline at its end. */
function isSaid({ finalNewline }: Scene, replace: string[]): boolean {
  return replace.length === 0 || (replace.join('') !== '' && (finalNewline || replace.at(-1) !== ''))
}

for (const [way, say] of Object.entries(ways)) {
  if (way !== 'a tool’s blocks')
    test(`true edits of a file without equal lines, told by ${way}, are made exactly`, () => {
      fc.assert(
        fc.property(unique, fc.array(fc.nat(99)), (scene, numbers) => {
          fc.pre(scene.edits.length > 0 && hasSense(scene) && changes(scene) && editedLines(scene).length > 0)
          expect(after(scene, say(scene, numbers))).toBe(asText(editedLines(scene), scene))
        }),
        { numRuns: 200 },
      )
    })

  test(`true edits of a file whose lines repeat, told by ${way}, are made exactly or refused as uncertain`, () => {
    const uncertain = [
      'ambiguous',
      'overlap',
      'no_anchor',
      'no_change',
      'indentation',
      'punctuation',
      'newline',
      'exists',
    ]
    fc.assert(
      fc.property(repeating, (scene) => {
        fc.pre(scene.edits.length > 0 && told(scene).every((edit) => isSaid(scene, sides(edit).replace)))
        const made = after(scene, say(scene))
        if (typeof made === 'string') expect(made).toBe(asText(editedLines(scene), scene))
        else expect(made.filter((reason) => !uncertain.includes(reason))).toEqual([])
      }),
      { numRuns: 250 },
    )
  })
}

for (const [what, mutate] of Object.entries(MUTATIONS))
  test(`a block ${what} makes the true edit or is refused: never another text`, () => {
    let made = 0
    fc.assert(
      fc.property(unique, fc.nat(1000), (scene, seed) => {
        const one = { ...scene, edits: scene.edits.slice(0, 1) }
        const [edit] = told(one)
        fc.pre(edit !== undefined)
        const block = mutate(edit!, seed)
        fc.pre(hasSense(one) && changes(one) && block !== undefined)
        const result = after(one, { format: 'search-replace', path: PATH, text: block! })
        if (typeof result !== 'string') return
        made++
        expect(result).toBe(asText(editedLines(one), one))
      }),
      { numRuns: 120 },
    )
    if (!/torn|twice|middle|letter|alone/.test(what)) expect(made).toBeGreaterThan(10) // it is not all refused
  })

test('the whole file is what was given, with the file’s own line ends', () => {
  fc.assert(
    fc.property(unique, (scene) => {
      const lines = editedLines(scene)
      fc.pre(scene.edits.length > 0 && changes(scene) && lines.length > 0)
      const plain = { ...scene, crlf: false, bom: false }
      const made = after(scene, { format: 'whole', path: PATH, text: asText(lines, plain) })
      const isWindows = scene.crlf && asText(scene.lines, scene).includes('\r\n')
      expect(made).toBe(asText(lines, { ...scene, crlf: isWindows }))
    }),
  )
})
