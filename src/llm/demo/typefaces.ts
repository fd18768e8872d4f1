const OLD_STYLE = "'Iowan Old Style', 'Palatino Linotype', 'URW Palladio L', P052, Georgia, serif"
const BOOK = "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif"
const DIDONE = "Didot, 'Bodoni MT', 'Noto Serif Display', 'URW Palladio L', P052, Georgia, serif"
const SLAB = "Rockwell, 'Rockwell Nova', 'Roboto Slab', 'DejaVu Serif', 'Sitka Small', serif"
const HUMANIST = "Seravek, 'Gill Sans Nova', Ubuntu, Calibri, 'DejaVu Sans', sans-serif"
const GEOMETRIC = "Avenir, 'Avenir Next', Montserrat, Corbel, 'URW Gothic', 'Century Gothic', sans-serif"
const GROTESQUE = "Inter, Roboto, 'Helvetica Neue', 'Arial Nova', 'Nimbus Sans', Arial, sans-serif"
const PLAIN = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Roboto, sans-serif"

export type TypefaceName = keyof typeof TYPEFACES

/** Pairs of stacks that every system has something for: nothing is fetched. */
export const TYPEFACES = {
  classic: { display: OLD_STYLE, text: HUMANIST, weight: '600', spacing: '-0.015em' },
  book: { display: BOOK, text: BOOK, weight: '700', spacing: '-0.02em' },
  fashion: { display: DIDONE, text: GEOMETRIC, weight: '500', spacing: '-0.01em' },
  poster: { display: GROTESQUE, text: GROTESQUE, weight: '800', spacing: '-0.045em' },
  workshop: { display: SLAB, text: PLAIN, weight: '700', spacing: '-0.02em' },
  modern: { display: GEOMETRIC, text: PLAIN, weight: '700', spacing: '-0.03em' },
  editorial: { display: BOOK, text: PLAIN, weight: '600', spacing: '-0.02em' },
} as const
