import { posix } from 'node:path'
import { languageOf } from '../files/languages.ts'
import type { Problem } from '../projects/check.ts'
import { type Reference, referencesIn } from './references.ts'

export interface LinkFindings {
  problems: Problem[]
  notes: Problem[]
}

/** Longest address that can name a file, in characters. */
const MOST_URL = 8_192

/** Endings that a module's name may leave out, in the order in which they are tried. */
const MODULE_ENDINGS = [
  '',
  '.ts',
  '.tsx',
  '.mts',
  '.d.ts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.json',
  '/index.ts',
  '/index.tsx',
  '/index.js',
]
const BUILT_IN = /^(node:|bun:|bun$)/
const NODE_MODULES = new Set(
  'assert async_hooks buffer child_process cluster console crypto dgram dns domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder timers tls tty url util v8 vm wasi worker_threads zlib'.split(
    ' ',
  ),
)
/** An address that a template engine or a script fills in later. */
const FILLED_IN = /\{\{|\{%|<%|\$\{/

/** Whether all that a file points to is in the project: `paths` are its files. What lies elsewhere is noted. */
export function checkLinks(path: string, text: string, paths: ReadonlySet<string>): LinkFindings {
  const verdicts = uniqueIn(referencesIn(path, text)).map((reference) => judge(path, reference, paths))
  return {
    problems: verdicts.flatMap(({ problem }) => (problem ? [{ path, message: problem }] : [])),
    notes: verdicts.flatMap(({ note }) => (note ? [{ path, message: note }] : [])),
  }
}

/** What a file points to that is not there, with what is wrong: `paths` are the files that are there, or will be. */
export function missingReferences(
  path: string,
  text: string,
  paths: ReadonlySet<string>,
): { reference: Reference; problem: string }[] {
  return uniqueIn(referencesIn(path, text)).flatMap((reference) => {
    const { problem } = judge(path, reference, paths)
    return problem ? [{ reference, problem }] : []
  })
}

interface Verdict {
  problem?: string
  note?: string
}

function judge(path: string, { url, kind }: Reference, paths: ReadonlySet<string>): Verdict {
  if (FILLED_IN.test(url) || url.startsWith('#')) return {}
  if (/^(https?:)?\/\//i.test(url)) return { note: `points to ${url}, outside of the project` }
  if (kind === 'module' && !/^[./]/.test(url)) return judgePackage(url)
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return {}
  const target = targetOf(path, url)
  if (target === undefined) return { problem: `points to ${url}, which can’t be read as an address` }
  if (target.startsWith('../')) return { problem: `points to ${url}, outside of the project’s folder` }
  const there = kind === 'module' ? hasModule(target, paths) : hasFile(path, target, paths)
  return there ? {} : { problem: `points to ${url}, which is not in the project` }
}

function judgePackage(name: string): Verdict {
  if (BUILT_IN.test(name) || NODE_MODULES.has(name.split('/')[0]!)) return {}
  return { note: `needs the package ${name}` }
}

/** The path in the project; a leading `/` stands for its top. */
function targetOf(path: string, url: string): string | undefined {
  const bare = url.replace(/[?#].*$/s, '')
  if (bare.length > MOST_URL) return undefined
  try {
    const decoded = decodeURIComponent(bare).normalize('NFC')
    if (decoded === '') return path
    return posix.normalize(decoded.startsWith('/') ? decoded.slice(1) || '.' : posix.join(posix.dirname(path), decoded))
  } catch {
    return undefined // a lone % or bytes that are no UTF-8
  }
}

/** A folder is a page through its index; a document may also point to a folder as such. */
function hasFile(from: string, target: string, paths: ReadonlySet<string>): boolean {
  if (paths.has(target)) return true
  const folder = target === '.' || target === './' ? '' : `${target.replace(/\/$/, '')}/`
  if (paths.has(`${folder}index.html`)) return true
  return languageOf(from) === 'markdown' && [...paths].some((path) => path.startsWith(folder))
}

/** TypeScript is imported by the name that it will have as JavaScript, or by its own. */
function hasModule(target: string, paths: ReadonlySet<string>): boolean {
  const names = [target, target.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')]
  return names.some((name) => MODULE_ENDINGS.some((ending) => paths.has(name + ending)))
}

function uniqueIn(references: Reference[]): Reference[] {
  return [...new Map(references.map((reference) => [`${reference.kind} ${reference.url}`, reference])).values()]
}
