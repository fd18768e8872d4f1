import { clipsOfSite } from '../clips.ts'
import { CLIPS, countIn, keywords, nameIn, PICTURES, placeIn } from '../names.ts'
import { type Palette, type PaletteName, paletteFor } from '../palette.ts'
import { TYPEFACES, type TypefaceName } from '../typefaces.ts'
import { capital, clip, pick, pictureName, slug, titleCase } from '../words.ts'
import { askedPages, type SitePage } from './asked-pages.ts'
import { fallbackTrade, subjectOf } from './fallback-trade.ts'
import { type OpeningDay, weekOf } from './hours.ts'
import { fillTrade, type Trade } from './trade.ts'
import { ARTS_TRADES } from './trades-arts.ts'
import { FOOD_TRADES } from './trades-food.ts'
import { SHOP_TRADES } from './trades-shops.ts'

export interface SitePicture {
  id: string
  path: string
  alt: string
  prompt: string
  width: number
  height: number
}

export type Hero = 'split' | 'over' | 'centre'

/** All that the pages are made from; plain text, escaped only where it is printed. */
export interface Site {
  brief: string
  name: string
  place: string | undefined
  trade: Trade
  pages: SitePage[]
  pictures: SitePicture[]
  palette: Palette
  types: (typeof TYPEFACES)[TypefaceName]
  hero: Hero
  currency: string
  wishes: string[]
  week: OpeningDay[] | null
  email: string
}

const MOST_PICTURES = 8
const USUAL_PICTURES = 2
const GALLERY_PICTURES = 4

/** Reads a website out of a brief. */
export function readSite(brief: string): Site {
  const place = placeIn(brief)
  const wishes = wishesIn(brief)
  const known = tradeIn(brief)
  const name = nameIn(brief) ?? ownName(brief, known?.noun, place)
  const trade = fillTrade(
    known ? inItsWords(known, brief) : fallbackTrade(brief.replace(nameIn(brief) ?? '', ' '), wishes),
    name,
    place,
  )
  const asked = countIn(brief, PICTURES) ?? (/\bgaller(?:y|ies)\b/i.test(brief) ? GALLERY_PICTURES : USUAL_PICTURES)
  const palette = paletteFor(tonedPalettes(brief) ?? trade.palettes, brief)
  const pictures = picturesOf(trade, Math.min(asked + clipsOfSite(brief), MOST_PICTURES), palette, place)
  return {
    brief,
    name,
    place,
    trade,
    pages: askedPages(brief, pictures.length > 0),
    pictures,
    palette,
    types: TYPEFACES[tonedTypes(brief) ?? pick(trade.types, brief, 'types')],
    hero: pick(['split', 'over', 'centre'] as const, brief, 'hero'),
    currency: brief.match(/[€£$¥]/)?.[0] ?? '€',
    wishes,
    week: trade.hours ? weekOf(trade.hours, brief) : null,
    email: `hello@${slug(name, 'hearth-demo')}.example`,
  }
}

/** The trade whose word comes first in what the brief says outside the name. */
function tradeIn(brief: string): Trade | undefined {
  const name = nameIn(brief)
  const said = name ? `${brief.replace(name, ' ')}` : brief
  const found = [...FOOD_TRADES, ...SHOP_TRADES, ...ARTS_TRADES]
    .map((trade) => ({ trade, at: said.search(trade.sign) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]?.trade
  if (found) return found
  const byName = [...FOOD_TRADES, ...SHOP_TRADES, ...ARTS_TRADES].find(({ sign }) => name && sign.test(name))
  return byName ?? (/\bportfolio\b/i.test(brief) ? ARTS_TRADES.find(({ noun }) => noun === 'studio') : undefined)
}

const DOES =
  /\b(?:that|which)\s+(\p{Ll}{2,}s\s[^.,;:!?"“”<>()[\]{}]{3,70}?)(?=\s+(?:with|called|named)\s|[.,;:!?"“”<>()[\]{}]|$)/u

/** A known trade with what the brief says that this one does: “an app that plans school lunches”. */
function inItsWords(trade: Trade, brief: string): Trade {
  const does = brief.match(DOES)?.[1]?.trim()
  const isOne = trade.lead.startsWith('{name} is ') || trade.lead.startsWith('{name} does ')
  return does && isOne ? { ...trade, lead: `{name} ${does}. ${trade.lead.replace('{name}', 'It')}` } : trade
}

function ownName(brief: string, noun: string | undefined, place: string | undefined): string {
  if (noun && place) return `${place} ${capital(noun)}`
  if (noun) return `${pick(['The Corner', 'The Little', 'The Good'], brief, 'name')} ${titleCase(noun)}`
  if (keywords(brief, 1).length === 0) return 'Hello There'
  return clip(titleCase(subjectOf(brief)), 32)
}

const WITH = /\b(?:with|including|featuring|offering|selling)\s+([^.;!?<>]+)/gi
const NOT_A_WISH = new RegExp(
  `\\b(?:pages?|${PICTURES}|${CLIPS}|called|named|colou?rs?|palette|menu|gallery|blog|journal|contact|opening|hours|open|faq|prices?|pricing|about|questions|dates?|concerts?|shows|events?|team|services?|design|layout|theme|dark|style|website|site)\\b`,
  'i',
)

/** What the brief wants beside pages and pictures, in its own words: “a big terrace”, “sourdough classes”. */
function wishesIn(brief: string): string[] {
  return [...brief.matchAll(WITH)]
    .flatMap(([, list = '']) => list.split(/,|\band\b|&|\bwith\b/))
    .map((wish) => wish.trim().replace(/^(?:and|some|the|our|my)\s+/i, ''))
    .filter((wish) => /\p{L}{3}/u.test(wish) && wish.length < 60 && !NOT_A_WISH.test(wish))
    .slice(0, 4)
}

function tonedPalettes(brief: string): PaletteName[] | undefined {
  if (/\b(?:dark|moody|black|night|gothic)\b/i.test(brief)) return ['ember', 'pine']
  if (/\b(?:playful|fun|colou?rful|cheerful|bright|sunny)\b/i.test(brief)) return ['citrus', 'rose', 'cobalt']
  if (/\b(?:minimal(?:ist)?|clean|plain|calm)\b/i.test(brief)) return ['slate', 'cobalt']
  if (/\b(?:rustic|warm|cosy|cozy|earthy)\b/i.test(brief)) return ['crust', 'clay']
  return undefined
}

function tonedTypes(brief: string): TypefaceName | undefined {
  if (/\b(?:elegant|luxur\w+|refined|fashion)\b/i.test(brief)) return 'fashion'
  if (/\b(?:bold|loud|striking)\b/i.test(brief)) return 'poster'
  if (/\b(?:rustic|handmade|craft)\b/i.test(brief)) return 'workshop'
  return undefined
}

const MORE_SUBJECTS = [
  'the entrance in early light',
  'a quiet still life of the tools of the trade',
  'a friendly detail from an ordinary day',
]

function picturesOf(trade: Trade, count: number, palette: Palette, place: string | undefined): SitePicture[] {
  const subjects = [...trade.pictures, ...MORE_SUBJECTS].slice(0, count)
  return subjects.map((subject, at) => {
    const where = place ? `, ${place}` : ''
    return {
      id: `picture-${at + 1}`,
      path: `images/${at + 1}-${pictureName(subject, 'picture')}.png`,
      alt: capital(subject),
      prompt: `${capital(subject)}${where}. Editorial photograph, natural light, shallow depth of field, colour mood of ${palette.words}, no text, no watermark.`,
      width: at === 0 ? 1216 : 1024,
      height: at === 0 ? 832 : 768,
    }
  })
}
