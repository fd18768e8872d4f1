import { hash } from '../words.ts'

const COLOURS = ['accent', 'second', 'tint', 'ink']

/** A calm drawing in the site's own colours, for sites without pictures: quarter circles on a grid, placed by the seed. */
export function artwork(seed: string): string {
  const tiles: string[] = []
  for (let at = 0; at < 20; at++) tiles.push(tile((at % 5) * 80, Math.floor(at / 5) * 80, hash(`${at}${seed}`)))
  return `<svg class="art" viewBox="0 0 400 320" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">\n            ${tiles.join('\n            ')}\n          </svg>`
}

function tile(x: number, y: number, sum: number): string {
  const colour = `var(--${COLOURS[(sum >>> 8) % COLOURS.length]})`
  const turn = `transform="rotate(${(sum % 4) * 90} ${x + 40} ${y + 40})"`
  if ((sum >>> 4) % 5 === 0) return `<circle cx="${x + 40}" cy="${y + 40}" r="40" fill="${colour}"/>`
  if ((sum >>> 4) % 5 === 1) return `<circle cx="${x + 40}" cy="${y + 40}" r="14" fill="${colour}"/>`
  return `<path d="M${x} ${y}h80a80 80 0 0 1-80 80z" ${turn} fill="${colour}"/>`
}
