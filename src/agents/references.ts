import { languageOf } from '../files/languages.ts'

/** What a file points to, as it is written there. `kind` says how it is looked for. */
export interface Reference {
  url: string
  kind: 'link' | 'module'
  /** How a module is asked for. */
  via?: Bun.ImportKind
}

type Read = (text: string) => Reference[]

const READERS: Readonly<Record<string, Read>> = {
  html: inHtml,
  css: inCss,
  markdown: inMarkdown,
  javascript: (text) => inScript(text, 'jsx'),
  jsx: (text) => inScript(text, 'jsx'),
  typescript: (text) => inScript(text, 'ts'),
  tsx: (text) => inScript(text, 'tsx'),
}

const NEXT = '\0'
/** Attributes whose value is one address. A form's action is the business of its server. */
const ADDRESSES = ['href', 'src', 'poster', 'data']
const SRCSETS = ['srcset', 'imagesrcset']
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', quot: '"', '#39': "'", apos: "'", lt: '<', gt: '>' }

/** All that a page, sheet, script or document points to; nothing for other files, nor for one that can't be read. */
export function referencesIn(path: string, text: string): Reference[] {
  return READERS[languageOf(path)]?.(text) ?? []
}

function inHtml(text: string): Reference[] {
  const found: Reference[] = []
  const styles: string[] = []
  const scripts: string[] = []
  const gather = (into: string[]) => ({
    element: () => void into.push(NEXT),
    text: ({ text }: { text: string }) => void into.push(text),
  })
  new HTMLRewriter()
    .on('*', {
      element(element) {
        for (const name of ADDRESSES) found.push(...link(element.getAttribute(name)))
        for (const name of SRCSETS) found.push(...srcset(element.getAttribute(name)))
        styles.push(NEXT, element.getAttribute('style') ?? '')
      },
    })
    .on('style', gather(styles))
    .on('script:not([src]):not([type]), script[type="module"]:not([src])', gather(scripts))
    .transform(text)
  return [
    ...found,
    ...parts(styles).map(unescaped).flatMap(inCss),
    ...parts(scripts).flatMap((script) => inScript(script, 'jsx')),
  ]
}

/** The text of an element arrives in pieces; NEXT stands before each element's. */
function parts(pieces: string[]): string[] {
  return pieces.join('').split(NEXT)
}

function inCss(text: string): Reference[] {
  const rules = text.replace(/\/\*[\s\S]*?(?:\*\/|$)/g, ' ')
  const urls = rules.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s]+))\s*\)/gi)
  const imports = rules.matchAll(/@import\s+(?:"([^"]*)"|'([^']*)')/gi)
  return [...urls, ...imports].flatMap(([, double, single, bare]) => link(double ?? single ?? bare ?? null))
}

function inScript(text: string, loader: 'jsx' | 'ts' | 'tsx'): Reference[] {
  const options = { loader, macro: false } as unknown as Bun.TranspilerOptions // a macro would run on the server
  try {
    return new Bun.Transpiler(options)
      .scanImports(text)
      .map(({ path, kind }) => ({ url: path, kind: 'module', via: kind }))
  } catch {
    return [] // it does not parse: the validator says so, and where
  }
}

/** Links, pictures and link definitions, outside of code. */
function inMarkdown(text: string): Reference[] {
  const prose = withoutSpans(withoutFences(text))
  const inline = prose.matchAll(
    /\]\(\s*(?:<([^<>\n]*)>|((?:[^\s()<>]|\([^\s()]*\))+))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/g,
  )
  const defined = prose.matchAll(/^ {0,3}\[(?!\^)[^\]\n]+\]:\s*(?:<([^<>\n]*)>|(\S+))/gm)
  const tags = [...prose.matchAll(/<(?:img|a|source|link)\b[^<>]*>/gi)].map(([tag]) => tag).join('')
  return [...[...inline, ...defined].flatMap(([, angled, bare]) => link(angled ?? bare ?? null)), ...inHtml(tags)]
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/

/** Line by line: a pattern over all of it would look at each run of backticks again and again. */
function withoutFences(text: string): string {
  let fence: string | undefined
  const kept = text.split('\n').filter((line) => {
    const mark = FENCE.exec(line)?.[1]
    if (fence === undefined) {
      fence = mark
      return mark === undefined
    }
    if (mark?.startsWith(fence) && /^[`~\s]*$/.test(line)) fence = undefined
    return false
  })
  return kept.join('\n')
}

/** A span ends at the next run of as many backticks; a run without another is text. */
function withoutSpans(text: string): string {
  const runs = [...text.matchAll(/`+/g)]
  const ends = Map.groupBy(runs.toReversed(), ([ticks]) => ticks.length) // the nearest last
  let kept = ''
  let at = 0
  for (const { 0: ticks, index } of runs) {
    if (index < at) continue
    const same = ends.get(ticks.length)!
    while (same.length > 0 && same.at(-1)!.index <= index) same.pop()
    const end = same.at(-1)
    if (!end) continue
    kept += text.slice(at, index)
    at = end.index + ticks.length
  }
  return kept + text.slice(at)
}

function link(value: string | null): Reference[] {
  return value === null || value.trim() === '' ? [] : [{ url: unescaped(value.trim()), kind: 'link' }]
}

function srcset(value: string | null): Reference[] {
  return (value ?? '').split(/,\s+/).flatMap((candidate) => link(candidate.trim().split(/\s/)[0] ?? null))
}

function unescaped(text: string): string {
  return text.replace(/&(amp|quot|#39|apos|lt|gt);/g, (_, name: string) => ENTITIES[name]!)
}
