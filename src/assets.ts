import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packed } from './assets-packed.ts'

/** The folders that travel with Hearth, in a checkout and in the single binary. */
export const ON_BOARD = ['migrations', 'views', 'public', 'grammars', 'gpu'] as const

/** Languages whose package holds a compiled grammar and its queries under the same name. */
const GRAMMARS = ['javascript', 'typescript', 'python', 'go', 'rust', 'java', 'c', 'cpp', 'php', 'ruby']

/** Files of other packages that the pages and the parser need: the name on board -> its place in a checkout. */
const VENDOR: Readonly<Record<string, string>> = {
  'public/vendor/htmx.min.js': 'node_modules/htmx.org/dist/htmx.min.js',
  'public/vendor/hx-sse.min.js': 'node_modules/htmx.org/dist/ext/hx-sse.min.js',
  'public/vendor/inter.woff2': 'node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  'public/vendor/inter.license.txt': 'node_modules/@fontsource-variable/inter/LICENSE',
  'public/vendor/jetbrains-mono.woff2':
    'node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
  'public/vendor/jetbrains-mono.license.txt': 'node_modules/@fontsource-variable/jetbrains-mono/LICENSE',
  'grammars/engine.wasm': 'node_modules/web-tree-sitter/web-tree-sitter.wasm',
  'grammars/bash.wasm': 'node_modules/tree-sitter-bash/tree-sitter-bash.wasm',
  'grammars/html.wasm': 'node_modules/tree-sitter-html/tree-sitter-html.wasm',
  'grammars/postgres.wasm': 'node_modules/libpg-query/wasm/libpg-query.wasm',
  'grammars/tsx.wasm': 'node_modules/tree-sitter-typescript/tree-sitter-tsx.wasm',
  ...Object.fromEntries(GRAMMARS.flatMap((name) => grammarFiles(name))),
}

const ROOT = join(import.meta.dir, '..')

/** Of `gpu/`: what an engine runs by, and the catalogue of models. Its tests stay at home, with the engine that fails on command. */
const ENGINE_FILE = /^gpu\/[\w./-]+\/([\w-]+\.(py|toml|json)|requirements\.txt)$/
const AT_HOME = /\/(tests|fixtures|faulty|__pycache__)\/|\/(test_[^/]*|[^/]*_test|conftest)\.py$/

/** The names of all files on board under `dir` (`migrations`, `views/studio`, ...), at any depth, sorted: `migrations/0001_x.sql`. */
export function listFiles(dir: string): string[] {
  const names = packed ? Object.keys(packed) : [...filesOnDisk(), ...Object.keys(VENDOR)]
  return names.filter((name) => name.startsWith(`${dir}/`)).sort()
}

/** The bytes of one file on board. @throws Error when there is none by that name: only names from `listFiles` or the code itself belong here. */
export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(placeOf(path))
  return new Uint8Array(packed && isPressed(path) ? Bun.zstdDecompressSync(bytes) : bytes)
}

/** The text (UTF-8) of one file on board. @throws Error as `readBytes` does. */
export function readText(path: string): string {
  return new TextDecoder().decode(readBytes(path))
}

/** Whether the binary holds a file compressed (zstd): grammars shrink to a tenth, views and tables to a quarter. Fonts are compressed by themselves. */
export function isPressed(path: string): boolean {
  return !path.endsWith('.woff2')
}

/** Where the bytes of a file on board can be read: a real path in a checkout, a path inside the binary otherwise. */
export function placeOf(path: string): string {
  const place = packed ? packed[path] : placeInCheckout(path)
  if (!place) throw new Error(`There is no file “${path}” on board.`)
  return place
}

/** Where a whole folder on board lies on the disk: undefined in the binary, which carries its files one by one. */
export function folderOnDisk(dir: (typeof ON_BOARD)[number]): string | undefined {
  return packed ? undefined : join(ROOT, dir)
}

function grammarFiles(name: string): [name: string, place: string][] {
  const home = `node_modules/tree-sitter-${name}`
  return [
    [`grammars/${name}.wasm`, `${home}/tree-sitter-${name}.wasm`],
    [`grammars/${name}.tags.scm`, `${home}/queries/tags.scm`],
  ]
}

function placeInCheckout(path: string): string | undefined {
  if (VENDOR[path]) return join(ROOT, VENDOR[path])
  const parts = path.split('/')
  const known = ON_BOARD.some((dir) => dir === parts[0]) && !parts.includes('..') && !path.includes('\0')
  return known && travels(path) ? join(ROOT, path) : undefined
}

function filesOnDisk(): string[] {
  return ON_BOARD.filter((dir) => existsSync(join(ROOT, dir))).flatMap((dir) =>
    readdirSync(join(ROOT, dir), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
      .filter(travels),
  )
}

function travels(path: string): boolean {
  return !path.startsWith('gpu/') || (ENGINE_FILE.test(path) && !AT_HOME.test(path))
}
