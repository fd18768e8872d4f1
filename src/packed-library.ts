import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Module {
  exports: Record<string, unknown>
}

/**
 * The exports of a library that the binary carries packed (`scripts/packed-libraries.ts` puts calls of this in the place of its imports): unpacks
 * and runs it. What it shares with the program comes from `shared`, all else that it may require is built into Bun.
 */
export function openLibrary(place: string, shared: Record<string, unknown>): Record<string, unknown> {
  const code = unpack(place).toString('utf8')
  const module: Module = { exports: {} }
  const required = (name: string) => shared[name] ?? process.getBuiltinModule(name)
  // The bundler wraps what it makes in a function (exports, require, module, ...).
  const run = new Function(`return (\n${code.trim().replace(/;$/, '')}\n)`)()
  run(module.exports, required, module, place, '/')
  return module.exports
}

/**
 * The exports of a native addon that the binary carries packed: the system loads such things from a file alone, so it is written into the temporary
 * directory, which must allow execution, and is gone again from there at once.
 */
export function openAddon(place: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-addon-'))
  try {
    const file = join(folder, 'addon.node')
    writeFileSync(file, unpack(place), { mode: 0o500 })
    const module: Module = { exports: {} }
    process.dlopen(module, file)
    return module.exports
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function unpack(place: string): Buffer {
  return Bun.zstdDecompressSync(readFileSync(place))
}
