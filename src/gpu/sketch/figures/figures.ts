import { rgb } from '../colour.ts'
import type { Point } from '../shapes.ts'
import { paintLump, paintShadow, type Studio } from '../studio.ts'
import { COATS, paintSitting } from './animals.ts'
import { PLUMAGES, paintBird, paintHeron, paintOwl } from './birds.ts'
import { type Dress, paintFish, paintPerson, paintRobot, paintToad } from './others.ts'

type Painter = (studio: Studio, at: Point, s: number) => void

const CLOTHS = ['#2f5d62', '#b5443c', '#33446e', '#c2803a', '#5c4b7a', '#3f6b4a']
const HAIRS = ['#2a1c20', '#5c3322', '#a8643a', '#d9a860']

const person =
  (dress: Partial<Dress>): Painter =>
  (studio, at, s) => {
    const { random } = studio
    paintPerson(studio, at, s, { cloth: rgb(random.pick(CLOTHS)), hair: rgb(random.pick(HAIRS)), height: 1, ...dress })
  }
const four =
  (kind: string): Painter =>
  (studio, at, s) =>
    paintSitting(studio, at, s, COATS[kind]!)

/** Who can be in a picture, by the words that name them. */
const FIGURES: [words: string, Painter][] = [
  ['fox foxes', four('fox')],
  ['wolf wolves', four('wolf')],
  ['cat cats kitten lion tiger', four('cat')],
  ['dog dogs puppy puppies', four('dog')],
  ['bear bears badger beaver otter', four('bear')],
  ['rabbit rabbits hare bunny', four('rabbit')],
  ['mouse mice hedgehog squirrel', four('mouse')],
  ['crow crows raven blackbird penguin', (studio, at, s) => paintBird(studio, at, s, PLUMAGES.crow!)],
  ['bird birds duck goose sparrow robin', (studio, at, s) => paintBird(studio, at, s, PLUMAGES.bird!)],
  ['heron stork crane', paintHeron],
  ['owl owls', paintOwl],
  ['fish whale dolphin', paintFish],
  ['toad frog turtle', paintToad],
  ['robot robots android machine', paintRobot],
  ['child girl boy kid daughter son children', person({ height: 0.78, cloth: rgb('#c8443c') })],
  ['grandmother granny', person({ hair: rgb('#d8d4d2'), bun: true, cloth: rgb('#5c4b7a') })],
]
const SOMEBODY =
  'person man woman figure runner coach barista stylist chef craftsperson worker knight king queen prince princess wizard witch baker keeper sailor gardener pirate'
const SEVERAL = new Set('team people group singers band couple friends family'.split(' '))
const SMALL = new Set('heron crow crows toad frog hare mouse mice bird birds fish squirrel'.split(' '))

/** Those whom a prompt names, in its order, three at most. */
export function figuresIn(prompt: string): string[] {
  const list = prompt.toLowerCase().match(/[\p{L}]+/gu) ?? []
  const isOld = /\bold woman\b/i.test(prompt)
  const known = list.flatMap((word) => {
    if (isOld && word === 'woman') return ['grandmother']
    if (SEVERAL.has(word)) return [word, 'somebody', 'person']
    return isFigure(word) ? [word] : []
  })
  return [...new Set(known)].slice(0, 3)
}

/** Places the figures on the ground of a finished scene: the first of them large, the others beside. */
export function* paintFigures(studio: Studio, names: string[], ground: number, isOnRock: boolean): Generator<void> {
  const { canvas, random } = studio
  const middle = canvas.w * random.between(0.38, 0.6)
  const size = random.between(0.15, 0.18) * (names.length > 1 ? 0.92 : 1.1)
  for (const [i, name] of names.entries()) {
    const s = size * (SMALL.has(name) ? 0.62 : 1)
    const at: Point = [middle + [0, 1, -1][i]! * canvas.w * 0.23, ground + (i === 0 ? 0 : -0.02)]
    if (isOnRock)
      paintLump(
        studio,
        [at[0], at[1] + s * 0.55],
        [s * 2.4, s * 0.7],
        [rgb('#a48a78'), rgb('#5f5054'), rgb('#2b2632')],
        { rough: 0.02, grain: 0.5 },
      )
    paintShadow(studio, at[0] + s * 0.1, at[1], s * 0.75, s * 0.12, 0.6)
    painterOf(name)(studio, at, s)
    yield
  }
}

function isFigure(word: string): boolean {
  return FIGURES.some(([words]) => words.split(' ').includes(word)) || SOMEBODY.split(' ').includes(word)
}

function painterOf(name: string): Painter {
  return FIGURES.find(([words]) => words.split(' ').includes(name))?.[1] ?? person({})
}
