import { html, pick } from '../words.ts'
import type { SitePage } from './asked-pages.ts'
import { image, page, pageHead, pageOf } from './layout.ts'
import { words } from './page-words.ts'
import { amount, facts, gallery, hero, offerLines, story, teaser, visit } from './sections.ts'
import type { Site } from './site.ts'

/** The text of one page of the site. */
export function pageText(site: Site, current: SitePage): string {
  const main = MAINS[current.kind](site, current)
  return page(site, current, main.filter(Boolean).join('\n\n'))
}

const MAINS: Record<SitePage['kind'], (site: Site, current: SitePage) => string[]> = {
  home: (site) => [
    hero(site),
    facts(site),
    teaser(site),
    story(site),
    gallery(pageOf(site, 'gallery') ? [] : site.pictures.slice(2), `Pictures of ${site.name}`),
    visit(site),
  ],
  list: (site, { title }) => [head(site, title, site.trade.lead), band(site), lists(site), visit(site)],
  prices: (site, { title }) => [
    head(site, title, 'What it costs, with nothing in small print.'),
    priceTable(site),
    visit(site),
  ],
  about: (site, { title }) => [head(site, title, site.trade.lead), story(site), facts(site), visit(site)],
  visit: (site, { title }) => [head(site, title, words(site).visit), visit(site), questions(site)],
  gallery: (site, { title }) => [head(site, title, words(site).gallery), gallery(site.pictures, title), visit(site)],
  journal: (site, { title }) => [head(site, title, words(site).journal), posts(site)],
  events: (site, { title }) => [head(site, title, words(site).events), dates(site), visit(site)],
  faq: (site, { title }) => [head(site, title, words(site).faq), questions(site), visit(site)],
  own: (site, { title }) => [
    head(site, title, `${title} at ${site.name}. ${pick(site.trade.headlines, site.brief, title)}`),
    story(site),
    teaser(site),
    visit(site),
  ],
}

function head(site: Site, title: string, lead: string): string {
  return pageHead(site.name, title, lead)
}

function band({ pictures }: Site): string {
  const picture = pictures[2] ?? pictures[1]
  return picture ? `    <div class="wrap band">${image(picture)}</div>` : ''
}

function lists(site: Site): string {
  const groups = site.trade.groups.map(
    ({ title, offers }, at) => `        <section class="list" aria-labelledby="list-${at}">
          <h2 id="list-${at}">${html(title)}</h2>
          <ul>
${offers.map((offer) => `            <li>${offerLines(site, offer)}</li>`).join('\n')}
          </ul>
        </section>`,
  )
  const note = /^(?:bakery|café|restaurant)$/.test(site.trade.noun)
    ? '\n        <p class="soft">Tell us about allergies and wishes: we will find a way.</p>'
    : ''
  return `    <div class="wrap lists">\n${groups.join('\n')}${note}\n    </div>`
}

function priceTable(site: Site): string {
  const priced = site.trade.groups.filter(({ offers }) => offers.some(({ price }) => price !== null))
  const rows = (priced.length > 0 ? priced : site.trade.groups.slice(0, 1))
    .flatMap(({ offers }) => offers)
    .map(
      ({ name, text, price }) =>
        `            <tr><th scope="row" dir="auto">${html(name)}<small>${html(text)}</small></th><td>${price === null ? 'on request' : amount(site, price)}</td></tr>`,
    )
  return `    <div class="wrap">
        <table class="prices">
          <caption class="hidden">Prices</caption>
          <thead><tr><th scope="col">What</th><th scope="col">Price</th></tr></thead>
          <tbody>
${rows.join('\n')}
          </tbody>
        </table>
    </div>`
}

function posts(site: Site): string {
  const articles = words(site).posts.map(
    ([title, text]) =>
      `        <article class="post"><h2 dir="auto">${html(title)}</h2><p dir="auto">${html(text)}</p></article>`,
  )
  return `    <div class="wrap posts">\n${articles.join('\n')}\n    </div>`
}

function dates(site: Site): string {
  const rows = words(site).dates.map(
    ([when, what, more]) =>
      `        <li><strong>${html(when)}</strong><div><h2 dir="auto">${html(what)}</h2><p dir="auto">${html(more)}</p></div></li>`,
  )
  return `    <ul class="wrap dates">\n${rows.join('\n')}\n    </ul>`
}

function questions(site: Site): string {
  const items = words(site).questions.map(
    ([question, answer]) =>
      `        <details><summary dir="auto">${html(question)}</summary><p dir="auto">${html(answer)}</p></details>`,
  )
  return `    <section class="wrap questions" aria-label="Questions and answers">\n${items.join('\n')}\n    </section>`
}
