import { capital, slug } from '../words.ts'

export type PageKind = 'home' | 'list' | 'prices' | 'about' | 'visit' | 'gallery' | 'journal' | 'events' | 'faq' | 'own'

export interface SitePage {
  kind: PageKind
  path: string
  title: string
}

const MOST_PAGES = 5

const SIGNS: [PageKind, string, RegExp][] = [
  ['list', 'Menu', /\bmenu\b/i],
  ['list', 'Services', /\b(?:services page|our services|list of services|services,)/i],
  ['list', 'Shop', /\b(?:shop page|products?(?: page)?|store page|catalogue)\b/i],
  ['prices', 'Prices', /\b(?:prices?|pricing|price list|rates)\b/i],
  ['gallery', 'Gallery', /\b(?:gallery|galleries|picture page|portfolio page)\b/i],
  ['events', 'Dates', /\b(?:events?|concerts?|shows|tour ?dates|calendar|gigs|classes page|workshops page)\b/i],
  ['journal', 'Journal', /\b(?:blog|journal|news(?! ?letter))\b/i],
  ['about', 'About', /\babout(?:[- ](?:us|me|page)\b|(?=\s*(?:,|and\b|page\b)))/i],
  ['faq', 'Questions', /\b(?:faqs?|questions page|q&a)\b/i],
  ['visit', 'Visit', /\b(?:contact|opening (?:hours|times)|hours page|directions|find us|location page)\b/i],
]

const OWN_PAGE = /\b(?:an?|the|one|our|and|,)\s+(\p{L}{3,20})\s+page\b/giu
const NOT_A_NAME =
  /^(?:landing|home|web|single|simple|small|little|nice|new|start|front|second|third|menu|about|contact|price|prices|pricing|gallery|picture|journal|blog|news|shop|services?|events?|faq|hours|extra|beautiful|product|products|one|store|location|questions|classes|workshops|portfolio)$/i

/** The pages of the site, home first: what the brief asks for by name, five more at most. */
export function askedPages(brief: string, hasPictures: boolean): SitePage[] {
  const named = SIGNS.filter(([kind, , sign]) => sign.test(brief) && (kind !== 'gallery' || hasPictures))
  const asked: SitePage[] = named.map(([kind, title]) => ({ kind, title, path: `${title.toLowerCase()}.html` }))
  for (const [, word = ''] of brief.matchAll(OWN_PAGE)) {
    const path = `${slug(word, 'more')}.html`
    if (NOT_A_NAME.test(word) || path === 'index.html' || asked.some((page) => page.path === path)) continue
    asked.push({ kind: 'own', title: capital(word.toLowerCase()), path })
  }
  return [{ kind: 'home', title: 'Home', path: 'index.html' }, ...asked.slice(0, MOST_PAGES)]
}
