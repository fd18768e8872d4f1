import type { MoodName } from './moods.ts'
import { bakery } from './scenes/bakery.ts'
import { dough, loaf, rack } from './scenes/bench.ts'
import { board } from './scenes/board.ts'
import { bouquet } from './scenes/bouquet.ts'
import { city } from './scenes/city.ts'
import { cup } from './scenes/cup.ts'
import { desk } from './scenes/desk.ts'
import { flowers } from './scenes/flowers.ts'
import { forest } from './scenes/forest.ts'
import { gym } from './scenes/gym.ts'
import { crate, kitchen } from './scenes/kitchen.ts'
import { landscape } from './scenes/landscape.ts'
import { mountains } from './scenes/mountains.ts'
import { nightSky } from './scenes/night-sky.ts'
import { portrait } from './scenes/portrait.ts'
import { room } from './scenes/room.ts'
import { sea } from './scenes/sea.ts'
import { shapes } from './scenes/shapes.ts'
import { shelves } from './scenes/shelves.ts'
import { shop } from './scenes/shop.ts'
import { stage } from './scenes/stage.ts'
import { plate, supper } from './scenes/table.ts'
import { bridge, fog, village } from './scenes/tale.ts'
import type { Scene } from './studio.ts'

export interface Subject {
  name: string
  paint: Scene
  words: string
  /** How much one of its words counts; 1 when it isn't said. */
  weight?: number
  /** The hours that suit it when the prompt names none. */
  moods: MoodName[]
}

/** What the engine can draw. A word that comes first in the prompt counts more. */
export const SUBJECTS: Subject[] = [
  {
    name: 'loaf',
    paint: loaf,
    words: 'loaf sourdough boule crackling crust',
    weight: 1.2,
    moods: ['golden', 'dawn', 'day'],
  },
  {
    name: 'croissants',
    paint: rack,
    words: 'croissant croissants pastry pastries rack cooling',
    weight: 1.3,
    moods: ['golden', 'dawn'],
  },
  {
    name: 'dough',
    paint: dough,
    words: 'dough kneading shaping flour floured rolling',
    weight: 1.3,
    moods: ['day', 'dawn'],
  },
  {
    name: 'plate',
    paint: plate,
    words: 'plate plated dish stoneware slice cake tart dessert banana',
    weight: 1.2,
    moods: ['golden', 'day'],
  },
  { name: 'supper', paint: supper, words: 'candle lit candlelit wine wedding', weight: 1.3, moods: ['dusk', 'golden'] },
  { name: 'crate', paint: crate, words: 'crate vegetables herbs', weight: 1.3, moods: ['day', 'golden'] },
  {
    name: 'stage',
    paint: stage,
    words: 'stage choir singing band concert crowd hall spotlight festival',
    weight: 1.4,
    moods: ['dusk', 'golden'],
  },
  {
    name: 'gym',
    paint: gym,
    words: 'gym training coach runner kettlebells barbell stretching mat rolled weights',
    weight: 1.4,
    moods: ['dawn', 'day'],
  },
  {
    name: 'shelves',
    paint: shelves,
    words: 'shelves barista bookshelves bookshop floor books covers bottles materials boxes products',
    weight: 1.3,
    moods: ['golden', 'day', 'dusk'],
  },
  {
    name: 'desk',
    paint: desk,
    words:
      'laptop phone camera sketches notebook desk pinned samples scissors comb sheet music conductor guitar cables vinyl record turntable plinth object interface terminal still life',
    weight: 1.2,
    moods: ['golden', 'day', 'dawn'],
  },
  { name: 'city', paint: city, words: 'van street', weight: 2, moods: ['dusk', 'golden'] },
  { name: 'kitchen', paint: kitchen, words: 'kitchen flames chef stove', weight: 1.4, moods: ['dusk', 'golden'] },
  { name: 'desk', paint: desk, words: 'hands', weight: 0.7, moods: ['golden', 'day', 'dawn'] },
  {
    name: 'bouquet',
    paint: bouquet,
    words: 'bouquet vase peony stems twine tying wrapped',
    weight: 1.4,
    moods: ['day', 'dawn', 'golden'],
  },
  {
    name: 'village',
    paint: village,
    words: 'village town doorstep cottage hamlet house houses',
    weight: 1.4,
    moods: ['dusk', 'dawn', 'golden'],
  },
  { name: 'bridge', paint: bridge, words: 'bridge stream', weight: 1.9, moods: ['night', 'dusk', 'dawn'] },
  { name: 'fog', paint: fog, words: 'fog thread', weight: 1.9, moods: ['mist'] },
  { name: 'path', paint: landscape, words: 'winding path road lane', weight: 1.7, moods: ['dusk', 'golden', 'dawn'] },
  {
    name: 'shop front',
    paint: shop,
    weight: 1.4,
    words:
      'shop store storefront façade facade exterior awning entrance welcoming bench bicycle boutique kiosk market stall outside',
    moods: ['day', 'golden', 'dusk'],
  },
  {
    name: 'bakery',
    paint: bakery,
    words: 'bread bakery loaf loaves baker baking baked bake crumb oven baguette baguettes rolls bun buns rye baskets',
    moods: ['golden', 'dawn'],
  },
  {
    name: 'coffee',
    paint: cup,
    words: 'coffee friendly ordinary cup cups espresso latte cappuccino tea mug cafe café teapot drink brew roastery',
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
      'city skyline tower towers urban buildings office startup skyscraper metropolis downtown rooftop roofs robot future place',
    moods: ['dusk', 'dawn', 'night', 'golden'],
  },
  {
    name: 'flowers',
    paint: flowers,
    words:
      'flower flowers garden meadow rose roses tulip tulips florist blossom bloom poppy lavender bee butterfly plant plants botanical',
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
      'portrait hair woman man girl boy person people team face founder owner author child she he grandmother grandfather family friend hero princess king queen kid photographer',
    moods: ['golden', 'dawn', 'dusk'],
  },
  {
    name: 'room',
    paint: room,
    words:
      'room corner communal salon chairs mirrors stylist singers rehearsal enjoying together interior inside indoor window table chair desk studio home house sofa library lamp bed workshop seating counter',
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

/** What is painted when no word is known. */
export const LANDSCAPE: Subject = {
  name: 'landscape',
  paint: landscape,
  words: '',
  moods: ['golden', 'dawn', 'dusk', 'day'],
}
