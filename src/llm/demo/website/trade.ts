import type { PaletteName } from '../palette.ts'
import type { TypefaceName } from '../typefaces.ts'
import type { HoursName } from './hours.ts'

export interface Offer {
  name: string
  text: string
  /** In the site's currency; null when a price would make no sense. */
  price: number | null
}

export interface OfferGroup {
  title: string
  offers: Offer[]
}

/** What the demo knows about one line of business. `{name}`, `{noun}` and `{in}` (“ in Lisbon”, or nothing) are filled in later. */
export interface Trade {
  noun: string
  sign: RegExp
  palettes: PaletteName[]
  types: TypefaceName[]
  headlines: string[]
  lead: string
  /** Three short truths: a figure or a word, and what it means. */
  facts: [string, string][]
  offersTitle: string
  groups: OfferGroup[]
  storyTitle: string
  story: string[]
  /** What its pictures show, most telling first. */
  pictures: string[]
  hours: HoursName | null
  action: string
}

/** `Name | text | price` lines, the short way of writing a list of offers. */
export function offers(title: string, ...lines: string[]): OfferGroup {
  return {
    title,
    offers: lines.map((line) => {
      const [name = '', text = '', price] = line.split(' | ')
      return { name, text, price: price ? Number(price) : null }
    }),
  }
}

/** The trade with the name and the place in its sentences. */
export function fillTrade(trade: Trade, name: string, place: string | undefined): Trade {
  const put = (text: string) =>
    text.replace(/\{name\}|\{in\}/g, (mark) => (mark === '{name}' ? name : place ? ` in ${place}` : ''))
  return {
    ...trade,
    headlines: trade.headlines.map(put),
    lead: put(trade.lead),
    story: trade.story.map(put),
    groups: trade.groups.map((group) => ({
      ...group,
      offers: group.offers.map((offer) => ({ ...offer, text: put(offer.text) })),
    })),
  }
}
