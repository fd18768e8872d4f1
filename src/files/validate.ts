import { languageOf } from './languages.ts'
import { placeholders } from './placeholders.ts'
import { unclosedCss } from './unclosed-css.ts'

/** Longest text that is parsed, in characters: beyond it the answer would cost more than it is worth. */
const MAX_LENGTH = 2_000_000

/** What is wrong with a text. `line` and `column` start at 1, and are left out where the parser doesn't tell. */
export interface Fault {
  line?: number
  column?: number
  message: string
}

type Check = (text: string) => Fault[] | Promise<Fault[]>

const CHECKS: Readonly<Record<string, Check>> = {
  javascript: (text) => checkScript(text, 'jsx'),
  jsx: (text) => checkScript(text, 'jsx'),
  typescript: (text) => checkScript(text, 'ts'),
  tsx: (text) => checkScript(text, 'tsx'),
  json: (text) => checkData(text, 'json', JSON.parse),
  jsonc: (text) => checkData(text, 'jsonc', Bun.JSONC.parse),
  json5: (text) => checkData(text, 'json5', Bun.JSON5.parse),
  jsonl: checkLines,
  yaml: checkYaml,
  toml: (text) => checkData(text, 'toml', Bun.TOML.parse),
  xml: (text) => checkData(text, 'xml', Bun.XML.parse),
  svg: (text) => checkData(text, 'xml', Bun.XML.parse),
  css: checkCss,
}

/** JSON by name, but read by tools that allow comments in it. */
const COMMENTED_JSON =
  /(^|\/)((ts|js)config[^/]*\.json|\.(babelrc|eslintrc|swcrc)|\.vscode\/[^/]+\.json|devcontainer\.json)$/

/** Type declarations alone: the parser takes some of them for code that lacks its values. */
const DECLARATIONS = /\.d\.[cm]?ts$/

/**
 * What an exact parser says against a file, and where text was left out for a reader to fill in. Empty: nothing is
 * known to be wrong; of a language that has no exact parser here, that is all it means.
 */
export async function validate(path: string, text: string): Promise<Fault[]> {
  if (text.length > MAX_LENGTH || DECLARATIONS.test(path)) return []
  const language = COMMENTED_JSON.test(path) ? 'jsonc' : languageOf(path)
  const faults = (await CHECKS[language]?.(text.replace(/^\uFEFF/, ''))) ?? []
  return [...faults, ...placeholders(language, text)]
}

/** Macros are off: the parser would run the file that an import names, on the server. */
function checkScript(text: string, loader: 'jsx' | 'ts' | 'tsx'): Fault[] {
  const options = { loader, macro: false } as unknown as Bun.TranspilerOptions
  try {
    new Bun.Transpiler(options).scan(text)
    return []
  } catch (error) {
    return faultsOf(error)
  }
}

async function checkData(text: string, loader: string, parse: (text: string) => unknown): Promise<Fault[]> {
  try {
    parse(text)
    return []
  } catch (error) {
    const message = (error as Error).message.replace(/^\w+ Parse error: /, '')
    const [placed] = await bundle(`file.${loader}`, text)
    return [{ ...placed, message: placed?.message ?? message }]
  }
}

/** What Helm and its like write is YAML only once it is filled in. */
function checkYaml(text: string): Promise<Fault[]> | Fault[] {
  if (/^[ \t]*\{\{-|\{\{-?\s*(\.|include |range |if |end)/m.test(text)) return []
  return checkData(text, 'yaml', Bun.YAML.parse)
}

function checkLines(text: string): Fault[] {
  return text.split('\n').flatMap((row, i) => {
    try {
      if (row.trim() !== '') JSON.parse(row)
      return []
    } catch (error) {
      return [{ line: i + 1, message: (error as Error).message.replace(/^\w+ Parse error: /, '') }]
    }
  })
}

async function checkCss(text: string): Promise<Fault[]> {
  const faults = await bundle('file.css', text)
  return faults.length > 0 ? faults : unclosedCss(text)
}

/** What Bun's bundler says against one text. Everything that the text refers to is left alone, on disk or not. */
async function bundle(name: string, text: string): Promise<Fault[]> {
  const path = `/nowhere/${name}`
  const options = { entrypoints: [path], files: { [path]: text }, external: ['*'], throw: false, target: 'browser' }
  try {
    const { logs } = await Bun.build(options as Bun.BuildConfig)
    return logs.filter(({ level }) => level === 'error').flatMap(faultsOf)
  } catch (error) {
    return faultsOf(error)
  }
}

function faultsOf(error: unknown): Fault[] {
  if (error instanceof AggregateError) return error.errors.flatMap(faultsOf)
  const { message, position } = error as Error & { position?: { line: number; column: number } | null }
  return [position ? { line: position.line, column: position.column, message } : { message }]
}
