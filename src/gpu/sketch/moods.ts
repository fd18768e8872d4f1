import { type Rgb, rgb } from './colour.ts'

/** The hour and the weather: what light does to every colour of a scene. */
export interface Mood {
  name: string
  /** Top, middle, above the horizon. */
  sky: [Rgb, Rgb, Rgb]
  light: Rgb
  /** What far things fade into. */
  haze: Rgb
  /** What near things in shadow turn to. */
  shade: Rgb
  leaf: [light: Rgb, middle: Rgb, dark: Rgb]
  dark: boolean
}

export const MOODS = {
  dawn: mood('dawn', '#6f8fc0 #e8a9a8 #fbdcb4 #ffd9a0 #d9a9ab #4a3f63 #b9b26c #6f8757 #34504c'),
  day: mood('day', '#3d86c6 #86bfe0 #e6f0e2 #fff3d0 #a9cbd6 #2c4a66 #b7c95d #5f9447 #2b5b45'),
  golden: mood('golden', '#5c7fb0 #f0b070 #ffdf9a #ffd070 #e0a878 #5a3b45 #d3b04c #8a8a3c #4a4f33'),
  dusk: mood('dusk', '#2e2f6e #b4527f #ff9d62 #ffb46a #a4577c #2b2048 #8b7a55 #4c5a55 #262f45'),
  night: mood('night', '#0a1030 #18275a #3c4d86 #f4ecc8 #33447a #0b1026 #3f6270 #213c52 #101d33', true),
  winter: mood('winter', '#7fa3c8 #bcd3e2 #f3ece4 #fff2dc #c9d8e4 #44597a #dfe9ee #8aa6b4 #466377'),
  autumn: mood('autumn', '#6d93b5 #cfc9b4 #f7dfb0 #ffdf98 #d8b48a #4b3340 #eda63c #c4642a #6e3327'),
  mist: mood('mist', '#8fa9ad #bccbc6 #e6e7d8 #fdf2d6 #c4d0c6 #3b5257 #a3b47c #5e8268 #2f4f4f'),
} satisfies Record<string, Mood>

export type MoodName = keyof typeof MOODS

/** Words that set the hour. The first that matches wins. */
export const MOOD_WORDS: [MoodName, string[]][] = [
  ['night', ['night', 'moon', 'moonlit', 'midnight', 'stars', 'starry', 'dark']],
  ['dusk', ['dusk', 'sunset', 'twilight', 'evening', 'neon']],
  ['dawn', ['dawn', 'sunrise', 'morning', 'pastel']],
  ['winter', ['winter', 'snow', 'snowy', 'ice', 'frost', 'christmas']],
  ['autumn', ['autumn', 'fall', 'october', 'harvest', 'september']],
  ['mist', ['mist', 'misty', 'fog', 'foggy', 'rain', 'rainy', 'calm', 'storm', 'stormy']],
  ['golden', ['golden', 'warm', 'cosy', 'cozy', 'amber', 'glow', 'rustic']],
  ['day', ['day', 'noon', 'sunny', 'summer', 'spring', 'bright', 'blue']],
]

function mood(name: string, hexes: string, dark = false): Mood {
  const c = hexes.split(' ').map(rgb) as Rgb[]
  return {
    name,
    sky: [c[0]!, c[1]!, c[2]!],
    light: c[3]!,
    haze: c[4]!,
    shade: c[5]!,
    leaf: [c[6]!, c[7]!, c[8]!],
    dark,
  }
}
