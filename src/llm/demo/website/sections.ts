import { clip, html, pick } from '../words.ts'
import { artwork } from './artwork.ts'
import { image, pageOf } from './layout.ts'
import type { Site, SitePicture } from './site.ts'
import type { Offer } from './trade.ts'

/** The first screen: what it is, for whom, and the two most likely next steps. */
export function hero(site: Site): string {
  const { trade, name, place, pictures } = site
  const more = pageOf(site, 'list', 'prices')?.path ?? '#offers'
  const visit = pageOf(site, 'visit')?.path ?? '#visit'
  return `    <section class="hero">
      <div class="wrap hero-row">
        <div class="hero-words">
          <p class="eyebrow" dir="auto">${html(clip(trade.noun, 40))}${place ? ` · ${html(place)}` : ''}</p>
          <h1>${html(pick(trade.headlines, site.brief, 'headline'))}</h1>
          <p class="lead" dir="auto">${html(trade.lead)}</p>
          <p class="actions">
            <a class="button" href="${more}">${html(trade.action)}</a>
            <a class="button quiet" href="${visit}">${site.week ? 'Find us' : 'Get in touch'}</a>
          </p>${site.week ? '\n          <p class="open-now" data-open-now hidden></p>' : ''}
        </div>
        <div class="hero-picture">
          ${pictures[0] ? image(pictures[0], true) : artwork(`${name}${site.brief}`)}
        </div>
      </div>
    </section>`
}

export function facts({ trade }: Site): string {
  const items = trade.facts.map(
    ([figure, meaning]) => `          <div><dt>${html(figure)}</dt><dd dir="auto">${html(meaning)}</dd></div>`,
  )
  return `    <section class="facts" aria-label="In short">
      <div class="wrap">
        <dl>
${items.join('\n')}
        </dl>
      </div>
    </section>`
}

/** The best of the offers, with the way to all of them. */
export function teaser(site: Site): string {
  const { trade } = site
  const full = pageOf(site, 'list', 'prices')
  const best = trade.groups.flatMap(({ offers }) => offers.slice(0, full ? 2 : 3))
  const first = best.slice(0, best.length >= 6 ? 6 : 3)
  const all = full
    ? `\n        <p class="after"><a class="more" href="${full.path}">Everything on “${html(full.title)}”</a></p>`
    : ''
  return `    <section class="offers" id="offers" aria-labelledby="offers-title">
      <div class="wrap">
        <h2 id="offers-title">${html(trade.offersTitle)}</h2>
        <ul class="cards">
${first.map((offer) => `          <li class="card">${offerLines(site, offer)}</li>`).join('\n')}
        </ul>${all}
      </div>
    </section>`
}

export function offerLines(site: Site, { name, text, price }: Offer): string {
  const cost = price === null ? '' : `<span class="price">${amount(site, price)}</span>`
  return `<h3><span dir="auto">${html(name)}</span>${cost}</h3><p dir="auto">${html(text)}</p>`
}

export function amount({ currency }: Site, price: number): string {
  if (price === 0) return 'free'
  return `${currency}${Number.isInteger(price) && price >= 10 ? price : price.toFixed(2)}`
}

export function story(site: Site): string {
  const { trade, pictures, wishes } = site
  const asked = wishes.map((wish) => `<li dir="auto">${html(wish)}</li>`).join('')
  const picture = pictures[1]
  const title = `<h2 id="story-title" dir="auto">${html(trade.storyTitle)}</h2>`
  return `    <section class="story${picture ? '' : ' story-plain'}" aria-labelledby="story-title">
      <div class="wrap story-row">
        ${picture ? `<figure>${image(picture)}</figure>\n        <div>\n          ${title}` : `${title}\n        <div>`}
${trade.story.map((text) => `          <p dir="auto">${html(text)}</p>`).join('\n')}
          ${asked ? `<ul class="tags" aria-label="Also here">${asked}</ul>` : ''}
        </div>
      </div>
    </section>`
}

export function gallery(pictures: SitePicture[], title: string): string {
  if (pictures.length === 0) return ''
  const figures = pictures.map(
    (picture) => `          <figure>${image(picture)}<figcaption dir="auto">${html(picture.alt)}</figcaption></figure>`,
  )
  return `    <section class="gallery" aria-label="${html(title)}">
      <div class="wrap">
        <div class="frames frames-${Math.min(pictures.length, 4)}">
${figures.join('\n')}
        </div>
      </div>
    </section>`
}

/** Where, when and how to reach us. */
export function visit(site: Site): string {
  const { week, name, place, email } = site
  return `    <section class="visit" id="visit" aria-labelledby="visit-title">
      <div class="wrap visit-row">
        <div>
          <h2 id="visit-title">${week ? 'Come by' : 'Say hello'}</h2>
          <address dir="auto"><strong>${html(name)}</strong>${week ? '<br>12 Market Street' : ''}${place ? `<br>${html(place)}` : ''}</address>
          <p><a href="tel:+15550100">+1 555 0100</a><br><a href="mailto:${email}">${email}</a></p>
          <p class="actions"><a class="button" href="mailto:${email}?subject=Hello">Write to us</a></p>
        </div>
${week ? hoursTable(week) : '        <p class="lead">Tell us in two lines what you have in mind. A person reads it, and a person answers, usually within a day.</p>'}
      </div>
    </section>`
}

function hoursTable(week: NonNullable<Site['week']>): string {
  const rows = week.map(({ day, opens, closes }, at) => {
    const facts = opens ? ` data-opens="${opens}" data-closes="${closes}"` : ''
    return `            <tr data-day="${(at + 1) % 7}"${facts}><th scope="row">${day}</th><td>${opens ? `${opens} – ${closes}` : 'closed'}</td></tr>`
  })
  return `        <table class="hours">
          <caption>Opening hours</caption>
          <tbody>
${rows.join('\n')}
          </tbody>
        </table>`
}
