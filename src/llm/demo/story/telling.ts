import type { Palette } from '../palette.ts'
import { capital, fill, hash, pick, slug } from '../words.ts'
import type { Cast } from './cast.ts'
import { scenesFor } from './scenes.ts'

export interface StoryPicture {
  id: string
  path: string
  alt: string
  title: string
  prompt: string
  width: number
  height: number
}

export interface Book {
  chapters: Chapter[]
  /** Only with more pictures than chapters. */
  cover: StoryPicture | null
  end: StoryPicture | null
  /** All of them, in the order of the book. */
  pictures: StoryPicture[]
}

export interface Chapter {
  number: number
  title: string
  paragraphs: string[]
  shot: string
  seconds: number
  /** Null in a book with fewer pictures than chapters. */
  picture: StoryPicture | null
}

const STYLES = [
  'Storybook illustration, gouache and coloured pencil, visible paper grain',
  'Picture book illustration, soft watercolour with fine ink lines',
  'Cut-paper illustration, layered shapes, gentle shadows',
]

/** Tells the story: chooses the versions, puts the names in, and describes the picture of each chapter. */
export function tell(cast: Cast, palette: Palette, seed: string): Book {
  const values = wordsOf(cast)
  const style = cast.filmed ? 'Cinematic storyboard frame, ink and wash, 16:9' : pick(STYLES, seed, 'style')
  const scenes = scenesFor(cast.chapters)
  const shown = withPicture(scenes.length, cast.pictures)
  const ending = `${style}, colours of ${palette.words}, the same character in every picture, no text.`
  const paint = (id: string, name: string, title: string, showing: string): StoryPicture => ({
    id,
    path: `images/${name}.png`,
    title,
    ...described(capital(fill(showing, values)), ending, cast.filmed),
  })
  const chapters = scenes.map((scene, at) => {
    const version = hash(`version ${at}
${seed}`)
    const told = <T>(versions: T[]) => versions[version % versions.length]!
    const title = told(scene.titles)
    const label = `${cast.filmed ? 'Scene' : 'Chapter'} ${at + 1}: ${title}`
    const name = `${at + 1}-${slug(title, 'scene')}`
    return {
      number: at + 1,
      title,
      paragraphs: scene.paragraphs.map((versions) => fill(told(versions), values)),
      shot: scene.shot,
      seconds: Math.max(1, Math.round(cast.seconds / scenes.length)),
      picture: shown.has(at) ? paint(`picture-${at + 1}`, name, label, scene.picture) : null,
    }
  })
  const cover = cast.pictures > scenes.length ? paint('picture-cover', '0-cover', 'The cover', COVER) : null
  const end = cast.pictures > scenes.length + 1 ? paint('picture-end', '9-the-end', 'The end', END) : null
  const pictures = [cover, ...chapters.map(({ picture }) => picture), end].filter((picture) => picture !== null)
  return { chapters, cover, end, pictures }
}

const COVER = 'Portrait of {{hero}} the {{noun}}, looking out over {{place}}'
const END = 'Stars and a sleeping landscape, one small light far away'

/** Which of the chapters have a picture: the first, and the others as evenly as they go. */
function withPicture(chapters: number, pictures: number): Set<number> {
  if (pictures >= chapters) return new Set(Array.from({ length: chapters }, (_, at) => at))
  return new Set(Array.from({ length: pictures }, (_, at) => Math.floor((at * chapters) / pictures)))
}

function described(alt: string, ending: string, filmed: boolean) {
  return { alt, prompt: `${alt}. ${ending}`, width: filmed ? 1024 : 1152, height: filmed ? 576 : 768 }
}

function wordsOf({ subject, hero, noun, she, her, place, friend, thing, season }: Cast): Record<string, string> {
  const isHe = she === 'he'
  return {
    subject: subject.replace(/[.\s]+$/, ''),
    hero,
    noun,
    place,
    friend,
    thing,
    season,
    the_friend: friend.replace(/^an? /, 'the '),
    the_thing: thing.replace(/^a /, 'the '),
    she,
    She: capital(she),
    her,
    Her: capital(her),
    her_object: isHe ? 'him' : 'her',
    herself: isHe ? 'himself' : 'herself',
  }
}
