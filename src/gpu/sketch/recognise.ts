import { MOOD_WORDS, MOODS, type Mood, type MoodName } from './moods.ts'
import type { Random } from './random.ts'
import { bakery } from './scenes/bakery.ts'
import { board } from './scenes/board.ts'
import { city } from './scenes/city.ts'
import { cup } from './scenes/cup.ts'
import { flowers } from './scenes/flowers.ts'
import { forest } from './scenes/forest.ts'
import { landscape } from './scenes/landscape.ts'
import { mountains } from './scenes/mountains.ts'
import { nightSky } from './scenes/night-sky.ts'
import { portrait } from './scenes/portrait.ts'
import { room } from './scenes/room.ts'
import { sea } from './scenes/sea.ts'
import { shapes } from './scenes/shapes.ts'
import { shop } from './scenes/shop.ts'
import type { Scene } from './studio.ts'

interface Subject {
  name: string
  paint: Scene
  words: string
  /** The hours that suit it when the prompt names none. */
  moods: MoodName[]
}

/** What the engine can draw. A word that comes first in the prompt counts more. */
const SUBJECTS: Subject[] = [
  {
    name: 'shop front',
    paint: shop,
    words:
      'shop store storefront front facade exterior awning street entrance boutique bookshop kiosk market stall outside',
    moods: ['day', 'golden', 'dusk'],
  },
  {
    name: 'bakery',
    paint: bakery,
    words:
      'bread bakery loaf loaves baker baking baked bake pastry pastries croissant croissants sourdough dough crumb oven baguette baguettes rolls bun buns flour rye',
    moods: ['golden', 'dawn'],
  },
  {
    name: 'coffee',
    paint: cup,
    words: 'coffee cup cups espresso latte cappuccino tea mug cafe café barista teapot drink brew roastery',
    moods: ['golden', 'dawn', 'day'],
  },
  {
    name: 'food',
    paint: board,
    words:
      'food dish meal menu plate board cheese salad restaurant kitchen lunch dinner breakfast supper tomato tomatoes fruit vegetables olive olives wine picnic sandwich soup pizza recipe cook chef cake dessert',
    moods: ['golden', 'day'],
  },
  {
    name: 'sea',
    paint: sea,
    words:
      'sea ocean lighthouse beach coast harbour harbor island sail sailing boat ship fishing fisherman wave waves keeper shore bay port cliff whale lake water',
    moods: ['dusk', 'golden', 'dawn', 'day'],
  },
  {
    name: 'forest',
    paint: forest,
    words:
      'forest wood woods tree trees jungle fox deer owl bear path trail pine oak wolf leaves fairy rabbit hedgehog',
    moods: ['mist', 'autumn', 'golden', 'day'],
  },
  {
    name: 'mountains',
    paint: mountains,
    words:
      'mountain mountains alps peak summit glacier hike hiking climb climbing valley rock cabin alpine ski dragon castle',
    moods: ['dawn', 'golden', 'day', 'dusk'],
  },
  {
    name: 'city',
    paint: city,
    words:
      'city skyline town tower towers urban buildings office startup skyscraper metropolis downtown rooftop roofs bridge robot future',
    moods: ['dusk', 'dawn', 'night', 'golden'],
  },
  {
    name: 'flowers',
    paint: flowers,
    words:
      'flower flowers garden meadow rose roses tulip tulips bouquet florist blossom bloom poppy lavender bee butterfly plant plants botanical',
    moods: ['dawn', 'day', 'golden'],
  },
  {
    name: 'night sky',
    paint: nightSky,
    words: 'star stars night moon galaxy space planet planets cosmos sky comet milky astronaut rocket aurora dream',
    moods: ['night'],
  },
  {
    name: 'portrait',
    paint: portrait,
    words:
      'portrait woman man girl boy person people team face founder owner author child she he grandmother grandfather family friend hero princess king queen kid photographer',
    moods: ['golden', 'dawn', 'dusk'],
  },
  {
    name: 'room',
    paint: room,
    words:
      'room interior inside indoor window table chair desk studio home house sofa library lamp bed workshop seating counter',
    moods: ['golden', 'day', 'dawn'],
  },
  {
    name: 'shapes',
    paint: shapes,
    words:
      'abstract pattern logo icon geometric shapes background banner texture gradient code data software app program terminal diagram music',
    moods: ['dawn', 'dusk', 'golden', 'day'],
  },
]

const FALLBACK: Subject = { name: 'landscape', paint: landscape, words: '', moods: ['golden', 'dawn', 'dusk', 'day'] }

export interface Choice {
  scene: { name: string; paint: Scene }
  mood: Mood
  words: ReadonlySet<string>
}

/** What to paint for a prompt. Words that it doesn't know give a landscape, its hour chosen by the seed. */
export function recognise(prompt: string, random: Random): Choice {
  const list = prompt.toLowerCase().match(/[\p{L}]+/gu) ?? []
  const words = new Set(list)
  const scored = SUBJECTS.map((subject) => ({ subject, score: score(subject, list) }))
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a))
  const scene = best.score > 0 ? best.subject : FALLBACK
  const usual = random.pick(scene.moods)
  const named = MOOD_WORDS.find(([, any]) => any.some((word) => words.has(word)))?.[0]
  return { scene, mood: MOODS[named ?? usual], words }
}

function score(subject: Subject, list: string[]): number {
  const known = new Set(subject.words.split(' '))
  let sum = 0
  list.forEach((word, place) => {
    if (known.has(word)) sum += 1 / (1 + place * 0.08)
  })
  return sum
}
