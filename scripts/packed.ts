import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isPressed, listFiles, ON_BOARD, placeOf } from '../src/assets.ts'

const PRESSED = join(import.meta.dir, '../dist/pressed')
const LEVEL = 19 // zstd: slow to press, as fast as any to read
const PACKED_MODULE = join(import.meta.dir, '../src/assets-packed.ts')

/** What takes the place of `src/assets-packed.ts` in the binary: each file on board as an embedded file. */
export function packedModule(names: string[] = onBoard()): Record<string, string> {
  const imports = names.map((name, i) => `import f${i} from ${JSON.stringify(pressed(name))} with { type: 'file' }`)
  const entries = names.map((name, i) => `  ${JSON.stringify(name)}: f${i},`)
  return { [PACKED_MODULE]: [...imports, 'export const packed = {', ...entries, '}', ''].join('\n') }
}

function onBoard(): string[] {
  return ON_BOARD.flatMap(listFiles)
}

/** Where the file that goes into the binary lies: a compressed copy, for those that the binary holds compressed. */
function pressed(name: string): string {
  if (!isPressed(name)) return placeOf(name)
  const place = join(PRESSED, `${name}.zst`)
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, Bun.zstdCompressSync(readFileSync(placeOf(name)), { level: LEVEL }))
  return place
}
