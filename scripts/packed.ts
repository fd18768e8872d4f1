import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isPressed, listFiles, ON_BOARD, placeOf } from '../src/assets.ts'

const WHERE = join(import.meta.dir, '../dist/packed')
const LEVEL = 19 // zstd: slow to pack, as fast as any to unpack
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
  return isPressed(name) ? compress(readFileSync(placeOf(name)), `${name}.zst`) : placeOf(name)
}

/** Writes what the binary shall hold compressed to where the build finds it, under `name`; returns its place. */
export function compress(content: Uint8Array | string, name: string): string {
  const place = join(WHERE, name)
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, Bun.zstdCompressSync(content, { level: LEVEL }))
  return place
}
