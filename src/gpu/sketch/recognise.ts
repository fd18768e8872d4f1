import { figuresIn } from './figures/figures.ts'
import { MOOD_WORDS, MOODS, type Mood } from './moods.ts'
import type { Random } from './random.ts'
import type { Scene } from './studio.ts'
import { LANDSCAPE, SUBJECTS, type Subject } from './subjects.ts'

export interface Choice {
  scene: { name: string; paint: Scene }
  mood: Mood
  words: ReadonlySet<string>
  /** Who is in the picture, by the words that named them. */
  figures: string[]
}

const CHARACTER = /^(\p{Lu}[\p{L}’'-]* the )(\p{L}+)/u
const PEOPLED = new Set(['portrait', 'stage', 'shapes', 'night sky', 'desk', 'dough', 'bouquet', 'coffee', 'food']) // they paint their own, or none
const COLOURS = /\bcolou?rs?(?: mood)? of [^,.]+/gi // “deep teal and apricot” is no fruit
const SOMEBODY = 'person'

/**
 * What to paint for a prompt. The first sentence says what is seen, the rest how. Words that it doesn't know give a
 * landscape, its hour chosen by the seed.
 */
export function recognise(prompt: string, random: Random): Choice {
  const said = prompt.split(/[.!?。](?:\s|$)/, 1)[0]!
  const hero = said.match(CHARACTER)?.[2]
  const list = lettersOf(said.replace(CHARACTER, '$1'))
  const figures = figuresIn(hero && figuresIn(hero).length === 0 ? said.replace(CHARACTER, `$1${SOMEBODY}`) : said)
  const subjects = figures.some(isNoFace) ? SUBJECTS.filter(({ name }) => name !== 'portrait') : SUBJECTS
  const scene = bestOf(subjects, list) ?? bestOf(subjects, lettersOf(prompt.replace(COLOURS, ''))) ?? LANDSCAPE
  const words = new Set(lettersOf(said))
  const usual = random.pick(scene.moods)
  const named =
    MOOD_WORDS.find(([, any]) => any.some((word) => words.has(word)))?.[0] ??
    MOOD_WORDS.find(([, any]) => any.some((word) => lettersOf(prompt).includes(word)) && random.chance(0.35))?.[0]
  return { scene, mood: MOODS[named ?? usual], words, figures: PEOPLED.has(scene.name) ? [] : figures }
}

const FACES = new Set(
  'child girl boy kid daughter son grandmother person man woman princess prince king queen'.split(' '),
)

function isNoFace(figure: string): boolean {
  return !FACES.has(figure)
}

function lettersOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}]+/gu) ?? []
}

function bestOf(subjects: Subject[], list: string[]): Subject | undefined {
  const scored = subjects.map((subject) => ({ subject, score: score(subject, list) }))
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a))
  return best.score > 0 ? best.subject : undefined
}

function score({ words, weight = 1 }: Subject, list: string[]): number {
  const known = new Set(words.split(' '))
  let sum = 0
  list.forEach((word, place) => {
    if (known.has(word)) sum += weight / (1 + place * 0.08)
  })
  return sum
}
