import { pick } from './words.ts'

export type PaletteName = keyof typeof PALETTES

export interface Shades {
  paper: string
  card: string
  tint: string
  line: string
  ink: string
  soft: string
  accent: string
  onAccent: string
  second: string
}

export interface Palette {
  name: PaletteName
  /** In words, for the prompts of pictures. */
  words: string
  day: Shades
  /** Equal to `day` for palettes that are dark by nature. */
  night: Shades
}

type Base = [paper: string, ink: string, accent: string, second: string]

const PALETTES = {
  crust: {
    words: 'warm terracotta and cream',
    day: ['#fbf6ee', '#2b1d14', '#a2451a', '#e9b872'],
    night: ['#1b1411', '#f6ebdd', '#f0a868', '#8a4b2a'],
  },
  moss: {
    words: 'moss green and soft gold',
    day: ['#f6f7f0', '#1c2518', '#3f6b2f', '#d9b44a'],
    night: ['#12170f', '#eef2e4', '#a5cf85', '#6f6127'],
  },
  rose: {
    words: 'dusty rose and peach',
    day: ['#fdf5f4', '#2e1a22', '#a8325a', '#f2b6a0'],
    night: ['#1d1116', '#faeaec', '#f29ab4', '#7a3f3a'],
  },
  sea: {
    words: 'deep teal and apricot',
    day: ['#f3f8f9', '#10242c', '#0f6579', '#f0b67f'],
    night: ['#0c171b', '#e6f2f4', '#6fcbdc', '#7c5330'],
  },
  cobalt: {
    words: 'cobalt blue, warm white and amber',
    day: ['#f7f6f3', '#17171a', '#2f4bd8', '#ffb03a'],
    night: ['#111114', '#f2f1ee', '#9aaaff', '#80581c'],
  },
  plum: {
    words: 'plum and apricot',
    day: ['#f8f5fa', '#21162b', '#6d3a9c', '#f0a35e'],
    night: ['#15101b', '#f3ecf8', '#c9a2ee', '#80512a'],
  },
  clay: {
    words: 'fired clay and sage',
    day: ['#f9f4ef', '#29201b', '#9a4a35', '#8fb09f'],
    night: ['#191411', '#f4ebe3', '#e89b82', '#496457'],
  },
  citrus: {
    words: 'sunlit lemon and olive',
    day: ['#fffaf0', '#22200f', '#855500', '#ffcf33'],
    night: ['#17150b', '#fbf5e2', '#ffd24d', '#6d5410'],
  },
  slate: {
    words: 'slate blue and copper',
    day: ['#f5f6f8', '#1a2230', '#2d5d8c', '#e8a15b'],
    night: ['#10151d', '#e9eef5', '#8fbde8', '#7a4e25'],
  },
  ember: {
    words: 'charcoal black and glowing orange',
    day: ['#121316', '#f3f2ee', '#ff7a4d', '#5b2a1c'],
    night: ['#121316', '#f3f2ee', '#ff7a4d', '#5b2a1c'],
  },
  pine: {
    words: 'midnight pine and mint',
    day: ['#0f1a17', '#eaf3ee', '#7fd6a8', '#25493c'],
    night: ['#0f1a17', '#eaf3ee', '#7fd6a8', '#25493c'],
  },
} satisfies Record<string, { words: string; day: Base; night: Base }>

/** One of the named palettes, chosen by the brief. Each text shade has a contrast of 4.5 or more on its ground (tested). */
export function paletteFor(names: readonly PaletteName[], seed: string): Palette {
  return palette(pick(names, seed, 'palette'))
}

export function palette(name: PaletteName): Palette {
  const { words, day, night } = PALETTES[name]
  return { name, words, day: shades(day as Base), night: shades(night as Base) }
}

export const PALETTE_NAMES = Object.keys(PALETTES) as PaletteName[]

/** The custom properties of one set of shades, one a line. */
export function properties(shades: Shades): string {
  return Object.entries(shades)
    .map(([name, value]) => `  --${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${value};`)
    .join('\n')
}

/** WCAG 2.2 contrast of two `#rrggbb` colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function shades([paper, ink, accent, second]: Base): Shades {
  const isDark = luminance(paper) < 0.2
  return {
    paper,
    card: isDark ? mix(paper, ink, 0.06) : mix(paper, '#ffffff', 0.65),
    tint: mix(paper, second, isDark ? 0.35 : 0.28),
    line: mix(paper, ink, 0.16),
    ink,
    soft: mix(ink, paper, 0.26),
    accent,
    onAccent: contrast('#ffffff', accent) >= 4.5 ? '#ffffff' : isDark ? paper : ink,
    second,
  }
}

function mix(from: string, to: string, share: number): string {
  const [a, b] = [channels(from), channels(to)]
  return `#${a
    .map((value, at) =>
      Math.round(value + (b[at]! - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
}

function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
}
