import { expect, test } from 'bun:test'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { readCast } from '../../../src/llm/demo/story/cast.ts'
import { STORY_BRIEFS } from './briefs.ts'

test.each(STORY_BRIEFS)('%s: at least 600 words, a picture for each chapter', (brief) => {
  const { plan, file } = demoProject(brief)
  const text = file('story.md')!
  const chapters = text.match(/^## /gm)!.length
  expect(text.split(/\s+/).length).toBeGreaterThan(600)
  expect(plan.tasks.filter(({ kind }) => kind === 'render')).toHaveLength(chapters)
})

test('the hero, the place and the wish are the brief’s own', () => {
  expect(readCast('an illustrated story about a fox called Rusty who is afraid of the dark')).toMatchObject({
    hero: 'Rusty',
    noun: 'fox',
    title: 'The Fox Who Is Afraid of the Dark',
  })
  expect(readCast('a film about a lighthouse')).toMatchObject({ place: 'the lighthouse', noun: 'child', filmed: true })
  expect(readCast('a fairy tale called “The Salt King” about a baker')).toMatchObject({
    title: 'The Salt King',
    noun: 'baker',
  })
  expect(readCast('a story about an owl in the old mill')).toMatchObject({ place: 'the old mill', noun: 'owl' })
})

test('a film is told in scenes whose seconds add up', () => {
  const text = demoProject('a 30-second film about a lighthouse').file('story.md')!
  const seconds = [...text.matchAll(/ (\d+) s\.\*/g)].reduce((sum, [, length]) => sum + Number(length), 0)
  expect(seconds).toBe(30)
})
