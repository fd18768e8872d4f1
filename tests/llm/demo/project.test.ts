import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { contrast, PALETTE_NAMES, palette } from '../../../src/llm/demo/palette.ts'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { recognise } from '../../../src/llm/demo/recognise.ts'
import { ALL_BRIEFS, HOSTILE_BRIEFS, PROGRAM_BRIEFS, STORY_BRIEFS, WEBSITE_BRIEFS } from './briefs.ts'
import { htmlProblems, problemsOf } from './checks.ts'

describe('every brief gives a valid plan, and files that their parsers accept', () => {
  test.each(ALL_BRIEFS.map((brief) => [brief.slice(0, 60), brief]))('%s', async (_, brief) => {
    expect(await problemsOf(brief)).toEqual([])
  })

  test('whatever anybody types', async () => {
    const lead = fc.constantFrom('', 'a CLI ', 'a story about ', 'a site called ', 'a shop page with ', 'a bakery for ')
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.stringMatching(/^[<>&"'`${}\\/*\-#| a-zA]{0,40}$/),
    )
    await fc.assert(
      fc.asyncProperty(lead, typed, async (start, rest) => {
        expect(await problemsOf(start + rest)).toEqual([])
      }),
      {
        numRuns: 150,
        examples: [
          ['', '{{a'],
          ['a story about ', '{{x}} {{hero}}'],
          ['a site called ', '{{x}} {{name}}'],
          ['a CLI ', '{{x}} {{name}}'],
        ],
      },
    )
  })
})

test('the same brief gives the same project, byte by byte', () => {
  for (const brief of ALL_BRIEFS) {
    const [one, two] = [demoProject(brief), demoProject(brief)]
    expect(one.plan).toEqual(two.plan)
    for (const { path } of one.plan.tasks) if (path) expect(one.file(path)).toBe(two.file(path))
  }
})

test('each kind is recognised by the words that come first', () => {
  expect(WEBSITE_BRIEFS.map(recognise)).toEqual(WEBSITE_BRIEFS.map(() => 'website'))
  expect(PROGRAM_BRIEFS.map(recognise)).toEqual(PROGRAM_BRIEFS.map(() => 'program'))
  expect(STORY_BRIEFS.map(recognise)).toEqual(STORY_BRIEFS.map(() => 'story'))
  expect(recognise('a website for a film festival')).toBe('website')
  expect(recognise('a portfolio that tells the story of my films')).toBe('website')
})

test('a hostile brief never opens a tag of its own', () => {
  for (const brief of HOSTILE_BRIEFS) {
    const { plan, file } = demoProject(brief)
    const pages = plan.tasks.flatMap(({ path }) => (path?.endsWith('.html') ? [file(path)!] : []))
    for (const page of pages) expect(page).not.toMatch(/<script>|<img src=x|<b>/)
  }
})

test('the check of pages does find what is wrong', () => {
  expect(htmlProblems('<h1>a</h1><p>b')).not.toEqual([])
  expect(htmlProblems('<h1>a</h1><p>a & b</p>')).not.toEqual([])
  expect(htmlProblems('<h1>a</h1><p>1 < 2</p>')).not.toEqual([])
  expect(htmlProblems('<h1>a</h1><script>x</script>')).not.toEqual([])
})

test('every palette can be read, by day and by night', () => {
  for (const name of PALETTE_NAMES) {
    const { day, night } = palette(name)
    for (const shades of [day, night]) {
      const grounds = [shades.paper, shades.card, shades.tint]
      const worst = Math.min(
        ...grounds.flatMap((ground) => [contrast(shades.ink, ground), contrast(shades.soft, ground)]),
      )
      expect([name, worst >= 4.5, contrast(shades.accent, shades.paper) >= 4.5]).toEqual([name, true, true])
      expect([name, contrast(shades.accent, shades.card) >= 4.5]).toEqual([name, true])
      expect([name, contrast(shades.onAccent, shades.accent) >= 4.5]).toEqual([name, true])
    }
  }
})
