import { posix } from 'node:path'

/** Text between quotes or brackets that may be a path; a name alone, without a slash or an ending, is none. */
const QUOTED = /["'`(]([\w@~.$ /-]{2,200})["'`)]/g
const GUESSED_ENDINGS = [
  '',
  '.js',
  '.ts',
  '.mjs',
  '.jsx',
  '.tsx',
  '.py',
  '.rb',
  '.php',
  '.css',
  '/index.js',
  '/index.ts',
  '/index.html',
]
const LONGEST_TEXT = 500_000
/** What may be a path, in one file, beyond which no more is looked up. */
const MOST_TRIED = 2_000

/** The files of the project that a file names by path, as imports, links and pictures do, in the order of their first mention. */
export function linksOf(path: string, text: string, paths: ReadonlySet<string>): string[] {
  const folder = posix.dirname(path)
  const found = new Set<string>()
  let tried = 0
  for (const [, named] of text.slice(0, LONGEST_TEXT).matchAll(QUOTED)) {
    if (!/[./]/.test(named!)) continue
    if (++tried > MOST_TRIED) break
    const target = resolved(named!, folder, paths)
    if (target && target !== path) found.add(target)
  }
  return [...found]
}

function resolved(named: string, folder: string, paths: ReadonlySet<string>): string | undefined {
  const places = named.startsWith('/') ? [named.slice(1)] : [posix.join(folder, named), posix.normalize(named)]
  for (const place of places.map((one) => one.replace(/\/$/, ''))) {
    for (const ending of GUESSED_ENDINGS) if (paths.has(place + ending)) return place + ending
    const typed = place.replace(/\.js$/, '.ts') // TypeScript may import by the name of what it compiles to
    if (paths.has(typed)) return typed
  }
  return undefined
}
