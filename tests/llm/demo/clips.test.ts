import { describe, expect, test } from 'bun:test'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { problemsOf } from './checks.ts'

const FILM = 'a 30-second film about a lighthouse'
const SITE = 'a landing page for my bakery, with three pictures and a short video'

const rendered = (brief: string, clips: boolean) =>
  demoProject(brief, { clips }).plan.tasks.flatMap(({ kind, path }) => (kind === 'render' ? path! : []))

test.each([FILM, SITE])('%s has clips where they can be made, each on a page with its first frame', async (brief) => {
  const { plan, file } = demoProject(brief, { clips: true })
  const clips = rendered(brief, true).filter((path) => path.endsWith('.mp4'))
  expect(clips).toHaveLength(brief === FILM ? 5 : 1)
  for (const clip of clips)
    expect(file('index.html')).toContain(`<video src="${clip}" poster="${clip.replace('.mp4', '.jpg')}"`)
  expect(file('styles.css')).toContain(':is(img, video)')
  expect(plan.tasks.find(({ path }) => path === 'index.html')!.contract!.pictures!.map(({ path }) => path)).toEqual(
    expect.arrayContaining(clips),
  )
  expect(await problemsOf(brief, { clips: true })).toEqual([])
})

test('where none can be made, pictures stand in for them, and the plan says so', async () => {
  expect(rendered(SITE, true)).toHaveLength(4)
  expect(rendered(SITE, false)).toHaveLength(4)
  for (const brief of [FILM, SITE]) {
    expect(rendered(brief, false).every((path) => path.endsWith('.png'))).toBe(true)
    expect(demoProject(brief).plan.summary).toEndWith('Nothing here makes clips yet, so pictures stand in for them.')
    expect(await problemsOf(brief)).toEqual([])
  }
})

describe('nobody has asked for a clip with', () => {
  test.each([
    'a website for a film studio',
    'a site for my video shop, with two pictures',
    'a storyboard for a film about a fox',
    'a story about a fox',
    'a CLI that renames videos',
  ])('%s', (brief) => {
    expect(demoProject(brief, { clips: true })).toMatchObject({ plan: demoProject(brief).plan })
    expect(rendered(brief, true).some((path) => path.endsWith('.mp4'))).toBe(false)
  })
})
