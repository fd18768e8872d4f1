import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isPressed, listFiles, ON_BOARD, placeOf } from '../src/assets.ts'

const WHERE = join(import.meta.dir, '../dist/packed')
const LEVEL = 19 // zstd: slow to pack, as fast as any to unpack
const HASH_LENGTH = 16
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

/**
 * Writes what the binary shall hold compressed to where the build finds it, under `name`; returns its place. What has been compressed before is taken
 * again, since it takes longer than the rest of a build; several builds may go on at once.
 */
export function compress(content: Uint8Array | string, name: string): string {
  const place = join(WHERE, `${LEVEL}-${Bun.SHA256.hash(content, 'hex').slice(0, HASH_LENGTH)}`, name)
  if (existsSync(place)) return place
  mkdirSync(dirname(place), { recursive: true })
  const part = `${place}.${process.pid}`
  writeFileSync(part, Bun.zstdCompressSync(content, { level: LEVEL }))
  renameSync(part, place)
  return place
}
