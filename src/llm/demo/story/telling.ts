import type { Palette } from '../palette.ts'
import { capital, fill, hash, pick, slug } from '../words.ts'
import type { Cast } from './cast.ts'
import { scenesFor } from './scenes.ts'

export interface Chapter {
  number: number
  title: string
  paragraphs: string[]
  shot: string
  seconds: number
  picture: { id: string; path: string; alt: string; title: string; prompt: string; width: number; height: number }
}

const STYLES = [
  'Storybook illustration, gouache and coloured pencil, visible paper grain',
  'Picture book illustration, soft watercolour with fine ink lines',
  'Cut-paper illustration, layered shapes, gentle shadows',
]

/** Tells the story: chooses the versions, puts the names in, and describes the picture of each chapter. */
export function tell(cast: Cast, palette: Palette, seed: string): Chapter[] {
  const values = wordsOf(cast)
  const style = cast.filmed ? 'Cinematic storyboard frame, ink and wash, 16:9' : pick(STYLES, seed, 'style')
  const scenes = scenesFor(cast.chapters)
  return scenes.map((scene, at) => {
    const version = hash(`version ${at}
${seed}`)
    const told = <T>(versions: T[]) => versions[version % versions.length]!
    const title = told(scene.titles)
    const alt = capital(fill(scene.picture, values))
    return {
      number: at + 1,
      title,
      paragraphs: scene.paragraphs.map((versions) => fill(told(versions), values)),
      shot: scene.shot,
      seconds: Math.max(1, Math.round(cast.seconds / scenes.length)),
      picture: {
        id: `picture-${at + 1}`,
        path: `images/${at + 1}-${slug(title, 'scene')}.png`,
        alt,
        title: `${cast.filmed ? 'Scene' : 'Chapter'} ${at + 1}: ${title}`,
        prompt: `${alt}. ${style}, colours of ${palette.words}, the same character in every picture, no text.`,
        width: cast.filmed ? 1024 : 1152,
        height: cast.filmed ? 576 : 768,
      },
    }
  })
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
