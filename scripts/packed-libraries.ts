import { dirname, join, relative } from 'node:path'
import type { BunPlugin } from 'bun'
import { englishZod } from './english-zod.ts'
import { compress } from './packed.ts'

const ROOT = join(import.meta.dir, '..')
const LOADER = join(ROOT, 'src/packed-library.ts')

/**
 * Libraries that are large, and loaded by `import()` when they are first needed if at all. In the binary each is one packed text, unpacked at
 * that moment: as a part of the program, with bytecode, they would take some five times as much.
 */
export const LIBRARIES = [
  '@anthropic-ai/sdk',
  '@anthropic-ai/sdk/helpers/zod',
  '@google/genai/web',
  'dockerfile-utils',
  'file-type',
  'gpt-tokenizer/encoding/o200k_base',
  'libpg-query/wasm/libpg-query.js',
  'openai',
  'openai/helpers/zod',
  'postcss-scss',
  'web-tree-sitter',
]
/** Modules of ours that gather parts of a large library, by their paths; they lie in the binary in the same way. */
export const GATHERED = ['src/workspace/highlight/shiki.ts']
/** Libraries that those of them share with the program which need one: a Worker, whose library needs none, is spared a copy. */
const SHARED = ['zod', 'zod/v4']

/** Puts each large library, where the program loads it, into a packed file of its own. They are packed first: a build can't wait for another. */
export async function packedLibraries(): Promise<BunPlugin> {
  const standIns = new Map<string, string>()
  for (const library of LIBRARIES) standIns.set(library, await standIn(library, library))
  for (const path of GATHERED) standIns.set(path, await standIn(path, join(ROOT, path)))
  return {
    name: 'packed-libraries',
    setup(build) {
      const wanted = new RegExp(`^(?:${LIBRARIES.map((name) => RegExp.escape(name)).join('|')})$`)
      build.onResolve({ filter: wanted }, ({ path }) => ({ path, namespace: 'packed-library' }))
      build.onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => {
        const own = relative(ROOT, join(dirname(importer), path))
        return GATHERED.includes(own) ? { path: own, namespace: 'packed-library' } : undefined
      })
      build.onLoad({ filter: /./, namespace: 'packed-library' }, ({ path }) => ({
        contents: standIns.get(path)!,
        loader: 'js',
      }))
    },
  }
}

/** A module with the library's own exports, which unpacks it when it is first imported. */
async function standIn(name: string, source: string): Promise<string> {
  const code = await built(source)
  const place = compress(code, join(name, 'library.zst'))
  const shared = SHARED.filter((library) => code.includes(`require(${JSON.stringify(library)})`))
  const exported = Object.keys(await import(source)).filter((each) => /^[A-Za-z_$][\w$]*$/.test(each))
  const named = exported.filter((each) => each !== 'default')
  return [
    `import place from ${JSON.stringify(place)} with { type: 'file' }`,
    `import { openLibrary } from ${JSON.stringify(LOADER)}`,
    ...shared.map((name, i) => `import * as shared${i} from ${JSON.stringify(name)}`),
    `const library = openLibrary(place, { ${shared.map((name, i) => `${JSON.stringify(name)}: shared${i}`).join(', ')} })`,
    ...named.map((name) => `export const ${name} = library[${JSON.stringify(name)}]`),
    exported.includes('default') ? 'export default library.default' : '',
  ].join('\n')
}

/** One text that is all of a library. */
async function built(source: string): Promise<string> {
  const entry = join(ROOT, 'packed-entry.js')
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    files: { [entry]: `module.exports = require(${JSON.stringify(source)})` },
    target: 'bun',
    format: 'cjs',
    minify: true,
    external: SHARED,
    plugins: [englishZod],
  })
  return outputs[0]!.text()
}
