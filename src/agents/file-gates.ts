import { posix } from 'node:path'
import { NEARLY, stemOf, type Twin } from '../files/duplicates/nearly-equal.ts'
import type { Impact } from '../files/impact/impact.ts'
import { impactInWords } from '../files/impact/words.ts'
import { languageOf } from '../files/languages.ts'
import type { Finding } from '../files/scan/finding.ts'
import { DEFAULT_POLICY, type ScanPolicy } from '../files/scan/policy.ts'
import { missingReferences } from './check-rules.ts'
import { dangersIn, inSentences } from './dangers.ts'
import type { Reference } from './references.ts'
import { type Judges, judge } from './verdict.ts'

/** What a file is held against. */
export interface GateFacts extends Judges {
  /** What the plan asks of the file. */
  prompt: string | null
  /** The files that are there or planned, this one among them. */
  paths: ReadonlySet<string>
  /** The files that are there. */
  files: { path: string; hash: string }[]
  /** The file as it is, where it is there already: nobody is asked again about what stands there. */
  before?: string | undefined
  /** The file that it nearly equals. */
  near?: Twin | undefined
  /** What others refer to, and it takes away. */
  broken?: Impact[] | undefined
  /** What becomes of secrets and dangerous calls; the default without one. */
  policy?: ScanPolicy | undefined
  signal?: AbortSignal | undefined
}

const NEVER = new AbortController().signal

/**
 * `problems` make a file unusable; a person is asked about `asks`; `urges` are worth another answer, but no more than one; of
 * `advice` nothing is sure enough to refuse it.
 */
export interface Inspection {
  problems: string[]
  asks: Finding[]
  urges: string[]
  advice: string[]
  /** All secrets and dangerous calls that are new in it. */
  findings: Finding[]
}

/** Largest file that a model is let to write, in bytes. */
const BYTES_AT_MOST = 512 * 1024
/** Two files as long as this that are the same to the letter are no coincidence, in bytes. */
const SAME_FROM = 256
/** A file is too small for its plan when it is shorter than a tenth of a request that is at least so long, in characters. */
const REQUEST_FROM = 200
const SMALLEST_SHARE = 0.1

/** Files whose being there is all that they say. */
const EMPTY_BY_NATURE = /(?:^|\/)(?:__init__\.py|py\.typed|\.(?:git)?keep|\.nojekyll)$/
/** Kinds whose shortest form may well answer a long request: a domain, a version, one rule. */
const TERSE = new Set(['text', 'json', 'jsonc', 'json5', 'jsonl', 'yaml', 'toml', 'ini', 'csv', 'svg', 'xml'])

const NOTHING: Inspection = { problems: [], asks: [], urges: [], advice: [], findings: [] }

/** All that can be told of a file before it is taken: first what surely makes it no file of this project. */
export async function inspectFile(path: string, text: string, facts: GateFacts): Promise<Inspection> {
  if (text.trim() === '') return { ...NOTHING, problems: mayBeEmpty(path, facts) ? [] : ['it is empty'] }
  const { faults, hints } = await judge(facts, { path, text }, facts.signal ?? NEVER)
  const twin = twinOf(path, text, facts) ?? nearTwin(facts)
  const broken = brokenIn(facts)
  const missing = missingReferences(path, text, facts.paths).map(({ reference, problem }) => ({
    problem: `it ${problem}`,
    exact: isExact(path, text, reference),
  }))
  const policy = facts.policy ?? DEFAULT_POLICY
  const { blocks } = dangersIn(path, text, policy)
  const { asks, notes } = dangersIn(path, text, policy, facts.before)
  const said = (exact: boolean) => missing.filter((each) => each.exact === exact).map(({ problem }) => problem)
  return {
    problems: [
      ...leftovers(path, text),
      ...faults,
      ...outOfSize(path, text, facts),
      ...(twin?.exact && !twin.near ? [twin.problem] : []),
      ...said(true),
      ...broken.exact,
      ...inSentences(blocks),
    ],
    asks,
    urges: [...(twin?.exact && twin.near ? [twin.problem] : []), ...broken.other],
    advice: [...hints, ...(twin?.exact === false ? [twin.problem] : []), ...said(false), ...inSentences(notes)],
    findings: [...blocks, ...asks, ...notes],
  }
}

function mayBeEmpty(path: string, { prompt }: GateFacts): boolean {
  return EMPTY_BY_NATURE.test(path) || /\bempty\b/i.test(prompt ?? '')
}

const END_LINE = /<<<END hearth:[\w-]{1,16}>>>/

/** What belongs to the request or to the answer around the file. */
function leftovers(path: string, text: string): string[] {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => END_LINE.test(line))
  const numbered = lines.flatMap((line, i) => (line.startsWith(`${i + 1}| `) ? [i + 1] : []))
  return [
    ...(end >= 0 ? [`line ${end + 1}: the end line of an answer is no part of the file`] : []),
    ...(numbered.length > 1 ? [`line ${numbered[0]}: the number and the bar before a line are no part of it`] : []),
    ...(isWrapped(path, lines) ? ['words or a code fence around the file are no part of it'] : []),
  ]
}

/** A fence among the first lines whose end is the end of the file, outside of Markdown. */
function isWrapped(path: string, lines: string[]): boolean {
  if (languageOf(path) === 'markdown') return false
  const opens = lines.slice(0, 5).some((line) => /^```[\w+-]*\s*$/.test(line))
  return opens && lines.findLast((line) => line.trim() !== '')!.trim() === '```'
}

function outOfSize(path: string, text: string, { prompt }: GateFacts): string[] {
  const bytes = Buffer.byteLength(text)
  if (bytes > BYTES_AT_MOST) return [`it is ${Math.round(bytes / 1024)} KB: that is more than one file should hold`]
  const asked = prompt?.length ?? 0
  const isSmall = asked >= REQUEST_FROM && text.trim().length < asked * SMALLEST_SHARE
  if (!isSmall || TERSE.has(languageOf(path)) || EMPTY_BY_NATURE.test(path)) return []
  return [`it is ${bytes} bytes: too little for all that the plan asks of it`]
}

/** A request for a copy says so: it names the other file, or says that they are the same. */
const COPY = /\b(?:copy|copies|same as|identical|duplicate|alias|mirror)/i

/**
 * Another file with the same text. Files whose names say that they may be alike are none: the same name in two folders, one
 * stem with two endings. Real projects hold copies on purpose: it is sure only against a request that asks for no copy.
 */
function twinOf(path: string, text: string, { files, prompt }: GateFacts) {
  if (Buffer.byteLength(text) < SAME_FROM) return undefined
  const hash = new Bun.CryptoHasher('sha256').update(text).digest('hex')
  const twin = files.find((file) => file.hash === hash && file.path !== path && stemOf(file.path) !== stemOf(path))
  if (!twin) return undefined
  return {
    exact: asksForNoCopy(prompt, twin.path),
    near: false,
    problem: `it is the same, to the letter, as ${twin.path}`,
  }
}

/** Nearly a copy: that is told once, and is no reason to refuse a file that the model writes again. */
function nearTwin({ near, prompt }: GateFacts) {
  if (!near) return undefined
  const problem = `it is ${Math.floor(near.likeness * 100)} % the same as ${near.path}: refer to that file instead of repeating it`
  return { exact: near.likeness >= NEARLY && asksForNoCopy(prompt, near.path), near: true, problem }
}

function asksForNoCopy(prompt: string | null, path: string): boolean {
  return prompt !== null && !COPY.test(prompt) && !prompt.includes(posix.basename(path))
}

/** An import of a name that is gone can’t be loaded; all else may be meant. */
function brokenIn({ broken = [] }: GateFacts): { exact: string[]; other: string[] } {
  const isExact = ({ uses }: Impact) => uses.some(({ exact }) => exact)
  return {
    exact: impactInWords(broken.filter(isExact)),
    other: impactInWords(broken.filter((each) => !isExact(each))),
  }
}

/** Types may come from where no file is. */
const DECLARATIONS = /\.d\.[cm]?ts$/

/** Made by a build, or put there by an installation. */
const MADE = /(?:^|\/)(?:dist|build|out|generated|node_modules)\//

/**
 * True for a reference that can mean nothing but a file: a relative address with an ending in a page or a sheet, a static
 * import of a script. What a server may answer, what is loaded on condition and what a document mentions is not sure.
 */
function isExact(path: string, text: string, { url, kind, via }: Reference): boolean {
  if (MADE.test(url) || DECLARATIONS.test(path)) return false
  if (kind === 'module') return via === 'import-statement' && /^\.\.?\//.test(url)
  if (languageOf(path) === 'html' && /<base\b/i.test(text)) return false
  if (!['html', 'css'].includes(languageOf(path)) || url.startsWith('/')) return false
  return /[^/]\.[a-z0-9]{1,5}$/i.test(url.replace(/[?#].*$/s, ''))
}
