import { properties } from '../palette.ts'
import { type DemoContent, type DemoTask, group, render, write } from '../plan.ts'
import { capital, clip, fill, listed, withArticle } from '../words.ts'
import { HERO_STYLES } from './hero-styles.ts'
import { pageText } from './pages.ts'
import { readme } from './readme.ts'
import scriptTemplate from './script.js.txt' with { type: 'text' }
import { readSite, type Site } from './site.ts'
import stylesTemplate from './styles.css.txt' with { type: 'text' }

/** A website from a brief: pages, one sheet of styles, a small script, a readme, and the pictures to render. */
export function website(brief: string): DemoContent {
  const site = readSite(brief)
  const files = new Map([
    ['styles.css', styles(site)],
    ['script.js', scriptTemplate],
    ...site.pages.map((page) => [page.path, pageText(site, page)] as const),
    ['README.md', readme(site)],
  ])
  return { plan: { title: clip(site.name, 80), summary: summary(site), tasks: tasks(site) }, files }
}

function styles({ palette, types, hero, trade }: Site): string {
  const isSquare = types.display === types.text || /(?:photographer|studio)/.test(trade.noun)
  return fill(stylesTemplate, {
    day: properties(palette.day),
    night: properties(palette.night).replace(/^/gm, '  '),
    display: types.display,
    text: types.text,
    weight: types.weight,
    spacing: types.spacing,
    round: isSquare ? '4px' : '16px',
    markRound: isSquare ? '6px' : '50%',
    hero: HERO_STYLES[hero],
  })
}

function summary(site: Site): string {
  const { name, pages, pictures, palette, wishes } = site
  const pageNames = listed(pages.map(({ title }) => title.toLowerCase()))
  const shown = pictures.length === 0 ? 'no pictures' : `${pictures.length} picture${pictures.length === 1 ? '' : 's'}`
  const extras = wishes.length > 0 ? ` It also mentions ${listed(wishes)}.` : ''
  return clip(
    `A website for ${name}${whatItIs(site)}: ${pages.length === 1 ? 'one page' : `${pages.length} pages (${pageNames})`} and ${shown}, in ${palette.words}.${extras}`,
    600,
  )
}

function whatItIs({ name, trade: { noun } }: Site): string {
  if (noun.toLowerCase() === name.toLowerCase()) return ''
  return `, ${/^[a-z].*[^s]$/i.test(noun) ? withArticle(noun) : noun}`
}

function tasks(site: Site): DemoTask[] {
  const { name, trade, pages, pictures, palette } = site
  const pageTasks = pages.map(({ kind, path, title }) =>
    write(
      [kind === 'home' ? 'home' : `page-${path.replace('.html', '')}`, 'pages'],
      `${title} page`,
      path,
      kind === 'home'
        ? `The home page of ${name}: headline, what the ${trade.noun} offers, its story, and how to find it.`
        : `The page “${title}” of ${name}, with the same header and footer as the home page.`,
      ['styles', 'script'],
    ),
  )
  const known = new Set(pageTasks.map(({ id }) => id))
  return [
    group('look', 'Look and feel'),
    write(
      ['styles', 'look'],
      'Colours and type',
      'styles.css',
      `Palette of ${palette.words}, type, layout for phone and desk, light and dark.`,
    ),
    write(
      ['script', 'look'],
      'Small script',
      'script.js',
      'Navigation on small screens, “open now”, the year. Nothing depends on it.',
    ),
    group('pages', 'Pages'),
    ...pageTasks,
    ...(pictures.length > 0 ? [group('pictures', 'Pictures')] : []),
    ...pictures.map((picture) => render({ ...picture, title: capital(picture.alt) }, 'pictures')),
    write(
      ['readme', 'finish'],
      'Read me',
      'README.md',
      `What the site of ${name} consists of, and what to replace before it goes public.`,
      [...known],
    ),
  ].flatMap((task) => (task.id === 'readme' ? [group('finish', 'Finishing'), task] : [task]))
}
