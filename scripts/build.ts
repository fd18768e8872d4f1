// `bun run build`: dist/hearth, one file for Linux. `--arch arm64` (or `--all`) makes the one for the other architecture too.
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { englishZod } from './english-zod.ts'
import { addonFor, libsqlAddon } from './libsql-addon.ts'
import { packedModule } from './packed.ts'
import { packedLibraries } from './packed-libraries.ts'

const ROOT = join(import.meta.dir, '..')

/** Code of Workers: each is started by its path in the repository, so that the binary has it under that path. */
const WORKERS = ['src/files/symbols/parser.ts', 'src/workspace/highlight/worker.ts', 'src/gpu/models/hasher.ts'].map(
  (path) => join(ROOT, path),
)

export type Arch = 'x64' | 'arm64'

export interface BuildOptions {
  entry: string
  outfile: string
  arch: Arch
}

/** Compiles one binary. @throws AggregateError with the bundler's messages. */
export async function buildBinary({ entry, outfile, arch }: BuildOptions): Promise<void> {
  await Bun.build({
    entrypoints: [entry, ...WORKERS],
    root: ROOT,
    files: packedModule(),
    plugins: [libsqlAddon(await addonFor(arch)), await packedLibraries(), englishZod],
    target: 'bun',
    format: 'esm',
    minify: true,
    bytecode: true,
    compile: {
      outfile,
      ...(arch === process.arch ? {} : { target: `bun-linux-${arch}` as const }),
      execArgv: ['--no-orphans'],
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  })
}

function wantedArchs(): Arch[] {
  const { values } = parseArgs({ options: { arch: { type: 'string' }, all: { type: 'boolean' } } })
  if (values.all) return ['x64', 'arm64']
  const arch = values.arch ?? process.arch
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`--arch takes x64 or arm64, not ${arch}.`)
  return [arch]
}

async function main(): Promise<void> {
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  for (const arch of wantedArchs()) {
    const outfile = join(ROOT, 'dist', arch === process.arch ? 'hearth' : `hearth-linux-${arch}`)
    await buildBinary({ entry: join(ROOT, 'src/main.ts'), outfile, arch })
    console.log(`${outfile}  ${(statSync(outfile).size / 1e6).toFixed(1)} MB`)
  }
}

if (import.meta.main) await main()
