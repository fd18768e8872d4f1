import { join } from 'node:path'
import { listFiles, ON_BOARD, placeOf } from '../src/assets.ts'

const PACKED_MODULE = join(import.meta.dir, '../src/assets-packed.ts')

/** What takes the place of `src/assets-packed.ts` in the binary: each file on board as an embedded file. */
export function packedModule(names: string[] = onBoard()): Record<string, string> {
  const imports = names.map((name, i) => `import f${i} from ${JSON.stringify(placeOf(name))} with { type: 'file' }`)
  const entries = names.map((name, i) => `  ${JSON.stringify(name)}: f${i},`)
  return { [PACKED_MODULE]: [...imports, 'export const packed = {', ...entries, '}', ''].join('\n') }
}

function onBoard(): string[] {
  return ON_BOARD.flatMap(listFiles)
}
