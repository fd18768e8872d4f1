import { languageOf } from '../languages.ts'
import { checkCss, checkScss } from './css.ts'
import { checkData, checkJson, checkLines } from './data.ts'
import { checkDockerfile } from './dockerfile.ts'
import { type Fault, withLines } from './fault.ts'
import { checkGraphql } from './graphql.ts'
import { checkComponent, checkHtml } from './markup.ts'
import { placeholders } from './placeholders.ts'
import { checkScript } from './scripts.ts'
import { checkSql } from './sql.ts'
import { isTemplate } from './templates.ts'

/** Longest text that is parsed, in characters: beyond it the answer would cost more than it is worth. */
const MAX_LENGTH = 2_000_000

type Check = (text: string) => Fault[] | Promise<Fault[]>

const CHECKS: Readonly<Record<string, Check>> = {
  javascript: (text) => checkScript(text, 'jsx'),
  jsx: (text) => checkScript(text, 'jsx'),
  typescript: (text) => checkScript(text, 'ts'),
  tsx: (text) => checkScript(text, 'tsx'),
  json: checkJson,
  jsonc: (text) => checkData(text, 'jsonc', Bun.JSONC.parse),
  json5: (text) => checkData(text, 'json5', Bun.JSON5.parse),
  jsonl: checkLines,
  yaml: (text) => checkData(text, 'yaml', Bun.YAML.parse),
  toml: (text) => checkData(text, 'toml', Bun.TOML.parse),
  xml: (text) => checkData(text, 'xml', Bun.XML.parse),
  svg: (text) => checkData(text, 'xml', Bun.XML.parse),
  css: checkCss,
  scss: checkScss,
  html: checkHtml,
  vue: checkComponent,
  svelte: checkComponent,
  sql: checkSql,
  dockerfile: checkDockerfile,
  graphql: checkGraphql,
}

/** The languages that have an exact parser here. */
export const EXACT_LANGUAGES: readonly string[] = Object.keys(CHECKS)

/** JSON by name, but read by tools that allow comments in it. */
const COMMENTED_JSON =
  /(^|\/)((ts|js)config[^/]*\.json|\.(babelrc|eslintrc|swcrc)|\.vscode\/[^/]+\.json|devcontainer\.json)$/

/** Type declarations alone: the parser takes some of them for code that lacks its values. */
const DECLARATIONS = /\.d\.[cm]?ts$/
/** The syntax of Sass that is indented. */
const INDENTED = /\.sass$/

/**
 * What an exact parser says against a file, and where text was left out for a reader to fill in. Empty: nothing is
 * known to be wrong; of a language that has no exact parser here, that is all it means.
 */
export async function validate(path: string, text: string): Promise<Fault[]> {
  if (text.length > MAX_LENGTH) return []
  const source = text.replace(/^\uFEFF/, '')
  const language = COMMENTED_JSON.test(path) ? 'jsonc' : languageOf(path)
  return withLines(source, [...(await faultsIn(path, language, source)), ...placeholders(language, source)])
}

async function faultsIn(path: string, language: string, text: string): Promise<Fault[]> {
  if (DECLARATIONS.test(path) || INDENTED.test(path)) return []
  const faults = (await CHECKS[language]?.(text)) ?? []
  return faults.length > 0 && isTemplate(path, language, text) ? [] : faults
}
