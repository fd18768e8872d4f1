import { expect, test } from 'bun:test'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { readSite } from '../../../src/llm/demo/website/site.ts'
import { WEBSITE_BRIEFS } from './briefs.ts'

test('the bakery gets its name, its menu page and its three pictures', () => {
  const { plan, file } = demoProject(
    'a landing page for a bakery called Crumb & Co with a menu page and three pictures',
  )
  expect(plan.title).toBe('Crumb & Co')
  expect(plan.tasks.flatMap(({ path }) => path ?? []).filter((path) => path.endsWith('.html'))).toEqual([
    'index.html',
    'menu.html',
  ])
  expect(plan.tasks.filter(({ kind }) => kind === 'render')).toHaveLength(3)
  expect(file('index.html')).toContain('Crumb &amp; Co')
  expect(file('menu.html')).toContain('House sourdough')
})

test.each([
  ['the band Velvet Static from New Orleans, a site', 'Velvet Static', 'band'],
  ['portfolio for photographer Ana Ruiz in Lisbon', 'Ana Ruiz', 'photographer'],
  ['a site named Fish and Chips for our restaurant', 'Fish and Chips', 'restaurant'],
  ['bookshop "The Slow Shelf" in York', 'The Slow Shelf', 'bookshop'],
  ['website for my dog walking service named Happy Tails in Ghent', 'Happy Tails', 'dog walking service'],
  ['a landing page for St. Mary’s Choir', 'St. Mary’s Choir', 'choir'],
])('%s: the name and the trade are the brief’s own', (brief, name, noun) => {
  const site = readSite(brief)
  expect([site.name, site.trade.noun]).toEqual([name, noun])
})

test.each([
  ['a bakery site with no pictures', 0],
  ['a bakery site', 2],
  ['a bakery site with a picture', 1],
  ['a bakery site with 40 big photos', 8],
  ['a bakery site with a gallery', 4],
])('%s has %d pictures', (brief, count) => {
  expect(readSite(brief).pictures).toHaveLength(count)
})

test('pages that the brief asks for are there, and the brief’s wishes are on them', () => {
  const { plan, file } = demoProject('gym website with sauna evenings, a history page, prices and FAQ')
  const paths = plan.tasks.flatMap(({ path }) => path ?? [])
  expect(paths).toEqual(expect.arrayContaining(['index.html', 'prices.html', 'questions.html', 'history.html']))
  expect(file('index.html')).toContain('sauna evenings')
})

test('opening hours that the brief names are used', () => {
  expect(readSite('a bakery site, open 8 to 5').week?.[2]).toEqual({
    day: 'Wednesday',
    opens: '08:00',
    closes: '17:00',
  })
  expect(readSite('a florist, open from 9:30am to 6pm').week?.[2]?.opens).toBe('09:30')
})

test('nothing is fetched from elsewhere, and files are of a size that is pleasant to watch', () => {
  for (const brief of WEBSITE_BRIEFS) {
    const { plan, file } = demoProject(brief)
    for (const { kind, path } of plan.tasks) {
      if (kind !== 'write') continue
      expect(file(path!)!.replace(/^> .*$/gm, '')).not.toMatch(/(?:src|href|url|import)[=(\s"']+(?:https?:)?\/\//)
      expect(file(path!)!.length).toBeLessThan(14_000)
    }
  }
})

test('different trades and briefs do not look the same', () => {
  const looks = new Set(WEBSITE_BRIEFS.map((brief) => demoProject(brief).file('styles.css')))
  expect(looks.size).toBeGreaterThan(9)
})

test('what the brief says that the thing does is the first sentence on the page', () => {
  const brief = 'a landing page for an app called “Nibble” that plans school lunches, with FAQ'
  expect(demoProject(brief).file('index.html')).toContain('Nibble plans school lunches. It does one thing well')
})
