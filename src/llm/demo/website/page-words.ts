import { capital } from '../words.ts'
import type { Site } from './site.ts'
import type { Offer } from './trade.ts'

/** Sentences for the pages that every trade may ask for. */
export function words(site: Site) {
  const { name, trade, place, week } = site
  const { noun, groups } = trade
  const offers = groups.flatMap((group) => group.offers)
  const [one, two, three] = [offers[0]!, offers[1]!, offers.at(-1)!]
  const here = place ? ` in ${place}` : ''
  return {
    visit: week
      ? `You will find ${name}${here}. Come in, call, or write; each of them works.`
      : `The quickest way to reach ${name} is to write.`,
    gallery: `A look around: ${name}${here}, on ordinary days.`,
    journal: `Notes from ${name}: what we tried, what worked, and what is next.`,
    events: `When to come to ${name}. Everyone is welcome; write ahead if there are many of you.`,
    faq: 'What people ask us most, answered shortly.',
    posts: [
      [
        `On ${one.name.toLowerCase()}`,
        `${one.text}. It sounds simple, and it took us longer than anything else here. The trick, if there is one, is to leave things out until only the good part is left.`,
      ],
      [
        `A week at ${name}`,
        `Mondays are for thinking, Tuesdays for trying. By Thursday we know what was a good idea. This week that was ${two.name.toLowerCase()}: ${lower(two.text)}.`,
      ],
      [`Questions about ${noun}`, `People ask us how it all began. Here is the honest answer. ${trade.story[0]!}`],
    ] as [string, string][],
    dates: datesOf(site, three),
    questions: [
      week
        ? [
            'Do I have to book ahead?',
            'For one or two people, no: just come. For more, a short message helps us to be ready.',
          ]
        : [
            'How do I begin?',
            'Write us two lines. You will hear from us within a day, and the first answer costs nothing.',
          ],
      [`What is ${name} best known for?`, `${capital(one.name)}: ${lower(one.text)}.`],
      wishQuestion(site),
      ['How can I pay?', 'By card or in cash. Invoices are no trouble either.'],
    ] as [string, string][],
  }
}

function wishQuestion({ wishes, week }: Site): [string, string] {
  if (wishes[0]) return [`And what about ${wishes[0]}?`, 'Yes. It was part of the idea from the very first line.']
  if (week) return ['Can I bring children or a dog?', 'Yes to both, as long as they are kind to each other.']
  return ['What happens after I write?', 'A person reads it and answers. Nothing else is ever sent to you.']
}

/** Evenings for those who play or sing, visits for everybody else; no dates of a year, which would soon be past. */
function datesOf({ name, trade, place }: Site, last: Offer): [string, string, string][] {
  if (trade.noun === 'band' || trade.noun === 'choir')
    return [
      [
        'First Friday',
        `${name}, live${place ? ` in ${place}` : ''}`,
        'Doors at seven, music at eight. Come early if you want to sit.',
      ],
      ['Third Saturday', 'The quiet evening', 'Without amplifiers, by candlelight, in a small room. Forty places.'],
      ['Last Sunday', 'Open rehearsal', 'Hear what is new before it is finished. Free, and there is cake.'],
    ]
  return [
    ['First Friday', `An evening with ${name}`, 'Doors at seven. Bring somebody who has not been here before.'],
    [
      'Second Sunday',
      `A closer look: ${lower(last.name)}`,
      `${last.text}. Two hours, small group, no experience needed.`,
    ],
    ['Each season', 'Open day', `See how ${name} works, ask everything, and take something home.`],
  ]
}

function lower(text: string): string {
  return text.replace(/^\p{Lu}(?=\p{Ll})/u, (letter) => letter.toLowerCase())
}
