import { languageOf } from '../languages.ts'

/** What a file gives to others, by which they may refer to it. */
export interface Name {
  kind: 'export' | 'route' | 'id' | 'class' | 'property'
  name: string
}

/** Longest text that is looked at, in characters, and most names of one. */
const LONGEST = 1_000_000
const MOST = 2_000

const SCRIPTS: Readonly<Record<string, 'jsx' | 'ts' | 'tsx'>> = {
  javascript: 'jsx',
  jsx: 'jsx',
  typescript: 'ts',
  tsx: 'tsx',
}
const STYLES = new Set(['css', 'scss', 'less'])
const PAGES = new Set(['html', 'xhtml', 'vue', 'svelte', 'php'])

/** The names that a text gives to others: exports, routes, ids, classes, custom properties. */
export function namesOf(path: string, text: string): Name[] {
  if (text.length > LONGEST) return []
  const language = languageOf(path)
  const loader = SCRIPTS[language]
  const names = [
    ...(loader ? exportsOf(text, loader) : []),
    ...(language === 'python'
      ? all(
          text,
          /^(?:async )?(?:def|class) (\w{1,80})|^([A-Za-z_]\w{0,80})\s{0,3}(?::[^=\n]{1,60})?=(?!=)/gm,
          'export',
        )
      : []),
    ...(loader || language === 'python' ? routesOf(text) : []),
    ...(STYLES.has(language) ? stylesOf(text) : []),
    ...(PAGES.has(language) || loader ? markupOf(text) : []),
  ]
  return [...new Map(names.map((each) => [`${each.kind} ${each.name}`, each])).values()].slice(0, MOST)
}

/** What a module exports: values as the parser sees them, and types by their words, which it leaves out. */
function exportsOf(text: string, loader: 'jsx' | 'ts' | 'tsx'): Name[] {
  const types = all(text, /^export (?:declare )?(?:type|interface|enum|abstract class) (\w{1,80})/gm, 'export')
  const options = { loader, macro: false } as unknown as Bun.TranspilerOptions // a macro would run on the server
  try {
    const values = new Bun.Transpiler(options).scan(text).exports
    return [...values.map((name) => ({ kind: 'export' as const, name })), ...types]
  } catch {
    return [] // it does not parse: the validator says so, and where
  }
}

const CALLED =
  /(?<![\w$])\w{1,30}\s{0,3}\.(?:get|post|put|patch|delete|all|head|options|route|use|ws)\(\s{0,5}["'`](\/[^"'`\s]{0,200})["'`]/g
const CHAINED = /^\s{0,20}\.(?:get|post|put|patch|delete|all|ws)\(\s{0,5}["'`](\/[^"'`\s]{0,200})["'`]/gm

/** The addresses that a server answers, as Express, Elysia, Hono, Flask and FastAPI are told them. */
function routesOf(text: string): Name[] {
  return [...all(text, CALLED, 'route'), ...all(text, CHAINED, 'route')].filter(({ name }) => name.length > 1)
}

function stylesOf(text: string): Name[] {
  const rules = text.replace(/\/\*[\s\S]*?(?:\*\/|$)/g, ' ')
  const selectors = [...rules.matchAll(/(?:^|[{};])([^{};]{1,500})\{/g)].map(([, selector]) => selector).join('\n')
  return [
    ...all(selectors, /\.(-?[A-Za-z_][\w-]{0,80})/g, 'class'),
    ...all(rules, /(?:^|[{;\s])(--[\w-]{1,80})\s{0,3}:/g, 'property'),
  ]
}

function markupOf(text: string): Name[] {
  const classes = [...text.matchAll(/\bclass(?:Name)?\s{0,3}=\s{0,3}["'`]([^"'`<>]{1,500})["'`]/g)]
  return [
    ...all(text, /(?<![\w-])id\s{0,3}=\s{0,3}["']([^"'<>\s{}$]{1,80})["']/g, 'id'),
    ...classes
      .flatMap(([, list]) => list!.split(/\s+/))
      .filter((name) => /^[\w-]+$/.test(name))
      .map((name) => ({ kind: 'class' as const, name })),
  ]
}

function all(text: string, pattern: RegExp, kind: Name['kind']): Name[] {
  const names: Name[] = []
  for (const match of text.matchAll(pattern)) {
    names.push({ kind, name: (match[1] ?? match[2])! })
    if (names.length === MOST) break
  }
  return names
}
