import { describe, expect, test } from 'bun:test'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { pictureName } from '../../../src/llm/demo/words.ts'

const pathsOf = (brief: string) =>
  demoProject(brief).plan.tasks.flatMap(({ kind, path }) => (kind === 'render' ? path! : []))

describe('a project has as many pictures as its brief asks for, eight at most', () => {
  test.each([
    ['a short story about a fox with two pictures', 2],
    ['a story about an owl without pictures', 0],
    ['a story about a fox, no pictures', 0],
    ['a story about a fox with one picture', 1],
    ['a story about a cat with 7 images', 7],
    ['a tale with 8 illustrations', 8],
    ['a story in 2 chapters with 6 drawings', 6],
    ['a story in 3 chapters about a bear', 3],
    ['a story with a picture for each chapter', 5],
    ['a bakery site without any photos', 0],
    ['a bakery site, one picture', 1],
    ['a bakery site with a few photos', 3],
    ['a bakery site with 12 pictures', 8],
    ['a CLI that renames photos by date with 2 pictures', 2],
    ['a program that counts words, with one picture', 1],
    ['a CLI that finds duplicate pictures', 0],
    ['a program that counts words, with no pictures', 0],
  ])('%s: %d', (brief, count) => {
    const { file } = demoProject(brief)
    const paths = pathsOf(brief)
    expect([paths.length, new Set(paths).size]).toEqual([count, count])
    const pages = ['index.html', 'gallery.html', 'story.md', 'README.md'].map((path) => file(path) ?? '')
    for (const path of paths) expect(pages.some((page) => page.includes(path))).toBe(true)
    if (file('story.md'))
      for (const path of paths) expect([pages[0], pages[2]].every((page) => page!.includes(path))).toBe(true)
  })
})

test('file names of pictures end in a word that says something', () => {
  expect(pathsOf('a bakery site with three pictures')).toEqual([
    'images/1-crackling-sourdough-loaf.png',
    'images/2-golden-croissants.png',
    'images/3-bakers-hands-shaping-dough.png',
  ])
  expect(pictureName('a shelf, and more', 'x')).toBe('shelf')
  expect(pictureName('日本', 'picture')).toBe('picture')
})

test('tasks have titles for people, not paths', () => {
  for (const brief of ['a bakery site with a menu page', 'a story about a fox', 'a CLI todo list']) {
    const { tasks } = demoProject(brief).plan
    expect(tasks.filter(({ title, path }) => title === path || /\.\w{2,4}$/.test(title))).toEqual([])
  }
})
