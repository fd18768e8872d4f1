import { posix } from 'node:path'
import { languageOf } from '../languages.ts'
import { linksOf } from '../map/links.ts'
import type { Name } from './names.ts'

/** A place that refers to a name. `exact`: without the name it can't even be loaded. */
export interface Use {
  path: string
  line: number
  exact: boolean
}

/** Longest text that is looked at, in characters. */
const LONGEST = 1_000_000

/** The files of a project as they are, or will be. */
export type Texts = ReadonlyMap<string, string>

/** Where `text` refers to an export of the file `of`. */
export function usesOfExport(path: string, text: string, name: string, of: string): Use[] {
  if (text.length > LONGEST || !(name === 'default' || text.includes(name))) return []
  if (languageOf(path) === 'python') return inPython(path, text, name, of)
  const uses: Use[] = []
  for (const { 0: all, 1: clause, 2: specifier, index } of text.matchAll(STATIC)) {
    if (!pointsTo(path, specifier!, of)) continue
    const whole = clause!.match(/\*\s+as\s+(\w+)/)?.[1]
    if (imports(clause!, name)) uses.push(at(path, text, index + all.search(/[^\s;]/), !/\btype\s/.test(clause!)))
    else if (whole) uses.push(...places(path, text, new RegExp(`(?<![\\w$])${whole}\\.${name}(?![\\w$])`, 'g')))
  }
  for (const { 1: clause, 2: specifier, 3: member, index } of text.matchAll(REQUIRED))
    if ((clause ? imports(`{${clause}}`, name) : member === name) && pointsTo(path, specifier!, of))
      uses.push(at(path, text, index, false))
  return uses
}

const STATIC =
  /(?:^|[;\n])\s{0,20}(?:import|export)\s{1,5}([\w$*\s{},]{1,2000}?)\s{0,5}from\s{0,5}["']([^"'\n]{1,300})["']/g
const REQUIRED =
  /(?:\{([\w$\s,:]{1,500})\}\s{0,3}=\s{0,3})?(?:await\s{1,3})?(?:require|import)\(\s{0,3}["']([^"'\n]{1,300})["']\s{0,3}\)(?:\.(\w{1,80}))?/g

/** `a, { b as c, default as d }` */
function imports(clause: string, name: string): boolean {
  const inside = clause.match(/\{([^}]*)\}/)?.[1] ?? (clause.includes('*') ? '' : clause.includes('{') ? '' : undefined)
  const named = (inside ?? '').split(',').map((part) =>
    part
      .trim()
      .replace(/^type\s+/, '')
      .split(/\s+as\s+|:/)[0]!
      .trim(),
  )
  if (named.includes(name)) return true
  return name === 'default' && /^[\w$]+\s*(?:,|$)/.test(clause.trim())
}

function pointsTo(path: string, specifier: string, of: string): boolean {
  if (!/^[./]/.test(specifier)) return false
  return linksOf(path, `"${specifier}"`, new Set([of])).includes(of)
}

/** `from shop.cart import total`, `from .cart import total`, `cart.total`. */
function inPython(path: string, text: string, name: string, of: string): Use[] {
  const dotted = of.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')
  const stem = posix.basename(of, '.py')
  const uses: Use[] = []
  for (const { 1: module, 2: list, index } of text.matchAll(
    /^[ \t]{0,40}from[ ]{1,3}(\.{0,4}[\w.]{0,200})[ ]{1,3}import[ ]{1,3}(\([^)]{1,2000}\)|[^\n#]{1,500})/gm,
  )) {
    const from = module!.replace(/^\.+/, '')
    const isIt = from !== '' && (dotted === from || dotted.endsWith(`.${from}`))
    const names = list!
      .replace(/[()]/g, '')
      .split(',')
      .map(
        (part) =>
          part
            .trim()
            .replace(/^type\s+/, '')
            .split(/\s/)[0],
      )
    if (isIt && names.includes(name)) uses.push(at(path, text, index, true))
  }
  const isImported = new RegExp(
    `^[ \\t]{0,40}(?:import[^\\n]{0,200}|from[^\\n]{0,200} import[^\\n]{0,200})\\b${stem}\\b`,
    'm',
  ).test(text)
  return isImported ? [...uses, ...places(path, text, new RegExp(`(?<![\\w.])${stem}\\.${name}(?!\\w)`, 'g'))] : uses
}

/** Where a text refers to what pages and sheets share. */
export function usesOfName(path: string, text: string, { kind, name }: Name): Use[] {
  if (text.length > LONGEST || kind === 'export' || !text.includes(kind === 'route' ? staticPart(name) : name))
    return []
  return patterns(kind, name).flatMap((pattern) => places(path, text, pattern))
}

function patterns(kind: Name['kind'], name: string): RegExp[] {
  const quoted = RegExp.escape(name)
  if (kind === 'property')
    return [new RegExp(`var\\(\\s{0,3}${quoted}(?![\\w-])`, 'g'), new RegExp(`["'\`]${quoted}["'\`]`, 'g')]
  if (kind === 'id')
    return [
      new RegExp(`["'\`=(\\s,]#${quoted}(?![\\w-])`, 'g'),
      new RegExp(`getElementById\\(\\s{0,3}["'\`]${quoted}["'\`]`, 'g'),
      new RegExp(`(?:for|htmlFor|form|list|aria-\\w{1,20})\\s{0,3}=\\s{0,3}["']${quoted}["']`, 'g'),
    ]
  if (kind === 'class')
    return [
      new RegExp(`class(?:Name)?\\s{0,3}=\\s{0,3}["'\`][^"'\`<>]{0,300}(?<![\\w-])${quoted}(?![\\w-])`, 'g'),
      new RegExp(`(?:classList\\.\\w{1,10}|getElementsByClassName)\\([^)\\n]{0,80}["'\`]${quoted}["'\`]`, 'g'),
      new RegExp(
        `(?:querySelector(?:All)?|closest|matches)\\(\\s{0,3}["'\`][^"'\`\\n]{0,80}\\.${quoted}(?![\\w-])`,
        'g',
      ),
    ]
  const route = name
    .split(/:\w+|<[^>]*>|\{[^}]*\}|\*/)
    .map(RegExp.escape)
    .join('[^"\'`\\s/]{1,200}')
  return [
    new RegExp(
      `(?<=["'\`]|\\}|\\w)(?<!\\.(?:get|post|put|patch|delete|all|route|use|ws)\\(\\s{0,5}["'\`])${route}(?=["'\`?#])`,
      'g',
    ),
  ]
}

/** What of a route stands before its first parameter. */
function staticPart(route: string): string {
  return route.split(/[:<{*]/)[0]!
}

/** Where a text refers to a file. */
export function usesOfFile(path: string, text: string, of: string): Use[] {
  if (text.length > LONGEST || !linksOf(path, text, new Set([of])).includes(of)) return []
  const stem = posix.basename(of).replace(/(?!^)\..*$/, '')
  const [first] = places(path, text, new RegExp(`["'\`(/]${RegExp.escape(stem)}(?=[."'\`)])`, 'g'))
  return [first ?? { path, line: 1, exact: false }]
}

function places(path: string, text: string, pattern: RegExp): Use[] {
  return [...text.matchAll(pattern)].slice(0, MOST_PLACES).map(({ index }) => at(path, text, index, false))
}

const MOST_PLACES = 20

function at(path: string, text: string, index: number, exact: boolean): Use {
  let line = 1
  for (let i = text.indexOf('\n'); i >= 0 && i < index; i = text.indexOf('\n', i + 1)) line++
  return { path, line: text[index] === '\n' ? line + 1 : line, exact }
}
