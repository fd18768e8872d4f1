import { keywords } from '../names.ts'
import { capital, listed, withArticle } from '../words.ts'
import { type OfferGroup, offers, type Trade } from './trade.ts'

const SUBJECT =
  /\b(?:for|about|of|presenting|selling|für|pour)\s+(?<lead>(?:(?:a|an|the|my|our|your|some|this|small|little|local|new)\s+)*)(?<noun>[\p{L}\p{N}][\p{L}\p{N}'’ -]{2,60}?)(?=\s+(?:called|named|with|that|which|who|in|at|on|from|near|and|featuring|including|where|using|namens)\b|[,.;:!?()"“”<>&]|\s[-–—]\s|$)/iu

/** A line of business that the demo has no words for, described with the brief's own nouns and no invented claims. */
export function fallbackTrade(brief: string, wishes: string[]): Trade {
  const noun = subjectOf(brief)
  const one = hasArticle(brief) ? withArticle(noun) : noun
  const asked = wishes.map((wish, at) => `${capital(wish)} | ${WISH_WORDS[at % WISH_WORDS.length]}`)
  return {
    noun,
    sign: /$^/,
    palettes: ['cobalt', 'moss', 'sea', 'slate', 'plum', 'clay'],
    types: ['modern', 'editorial', 'classic', 'poster'],
    headlines: [
      `${capital(noun)}, done with care.`,
      `Everything you hope for from ${one}.`,
      `${capital(noun)}, and everything around it.`,
    ],
    lead: `${capital(one)}{in} that people come back to. Plain to find, easy to talk to, and happy to show how it is done.`,
    facts: [
      ['First', 'we listen: tell us in two lines what you have in mind'],
      ['Then', 'you get a clear answer, a date and a price you can plan with'],
      ['Always', 'there is one person who knows you and picks up the phone'],
    ],
    offersTitle: 'What you will find here',
    groups: SELLS.test(brief) ? goods(noun, asked) : services(noun, asked),
    storyTitle: 'Why we do this',
    story: [
      `Some things are worth doing properly. {name} began with ${one} and a short list of rules: listen first, promise little, keep all of it.`,
      `Ask us ${wishes.length > 0 ? `about ${listed(wishes)}` : 'anything'}. You will get a straight answer, and probably a story with it.`,
    ],
    pictures: [
      `${noun}, a welcoming editorial scene`,
      `hands at work, close-up, ${noun}`,
      `a quiet still life that stands for ${noun}`,
      `people enjoying ${noun} together`,
      `a wide view of the place, ${noun}`,
    ],
    hours: 'office',
    action: 'See what we do',
  }
}

const SELLS = /\b(?:shop|store|products?|sell(?:s|ing)?|handmade)\b/i

function services(noun: string, asked: string[]): OfferGroup[] {
  return [
    offers(
      'In short',
      ...asked,
      `${capital(noun)} | The heart of it, explained without jargon`,
      'A first conversation | Half an hour, with no obligation | 0',
      'A helping hand | For everything that comes after',
    ),
    offers(
      'Good to know',
      'How to begin | Write, call or come by; each of them works',
      'What it costs | Agreed before we start, and it stays that way',
      'If something is wrong | Tell us, and we put it right',
    ),
  ]
}

function goods(noun: string, asked: string[]): OfferGroup[] {
  return [
    offers(
      capital(noun),
      ...asked,
      'The small one | Where most people start | 12',
      'The usual | The one that we make most often | 19',
      'The large one | For a table, a window or a big thank-you | 34',
      'One of a kind | Different every time, while it lasts | 48',
    ),
    offers(
      'To give away',
      'Gift box | Three favourites in plain paper and good string | 42',
      'Voucher | For somebody who would rather choose | 25',
      'Made to order | Your colour, your size, ready in two weeks',
    ),
  ]
}

const WISH_WORDS = [
  'Part of {name} from the first day',
  'One of the things that people come back for',
  'Ask about it when you write or come by',
  'Because somebody asked, and it was a good idea',
]

/** “dog walking service” out of “a website for my dog walking service called …”; a noun phrase of ours when nothing is said. */
export function subjectOf(brief: string): string {
  const subject = brief.match(SUBJECT)?.groups?.noun?.trim()
  if (subject && /\p{Ll}/u.test(subject) && subject.split(' ').length <= 6) return subject
  const words = keywords(brief, 3)
  return words.length > 0 ? words.join(' ') : 'good things'
}

/** Whether the brief itself says “a …” or “my …”: only then does the noun take an article. */
function hasArticle(brief: string): boolean {
  return /\b(?:a|an|my|our|your|the)\b/i.test(brief.match(SUBJECT)?.groups?.lead ?? '') && !/s$/.test(subjectOf(brief))
}
