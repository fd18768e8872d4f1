import { readBytes, readText } from '../../assets.ts'

/** What the parser must be taught to read a language: the compiled grammar, and the query that finds its symbols. */
export interface Grammar {
  wasm: Uint8Array<ArrayBuffer>
  query: string
}

/** The engine that all grammars run in. */
const ENGINE = 'grammars/engine.wasm'

const CONSTANTS = `
(program (lexical_declaration (variable_declarator name: (identifier) @name value: (_) @value) @definition.constant)
  (#not-match? @value "^(await )?(require|import)\\\\b"))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @definition.constant)))`

const JSX = `
(jsx_opening_element name: (identifier) @name) @reference.component
(jsx_self_closing_element name: (identifier) @name) @reference.component`

const TYPES = `${CONSTANTS}
(type_alias_declaration name: (type_identifier) @name) @definition.type
(enum_declaration name: (identifier) @name) @definition.enum
(class_heritage (extends_clause value: (identifier) @name)) @reference.class
(type_identifier) @name @reference.type`

/** The official queries that make up a language's own, and what they leave out. */
const LANGUAGES: Readonly<Record<string, { tags: string[]; more?: string }>> = {
  javascript: {
    tags: ['javascript'],
    more: `${CONSTANTS}${JSX}\n(class_heritage (identifier) @name) @reference.class`,
  },
  typescript: { tags: ['javascript', 'typescript'], more: TYPES },
  tsx: { tags: ['javascript', 'typescript'], more: `${TYPES}${JSX}` },
  python: {
    tags: ['python'],
    more: '(class_definition superclasses: (argument_list (identifier) @name)) @reference.class',
  },
  go: {
    tags: ['go'],
    more: `
(source_file (const_declaration (const_spec name: (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.constant))`,
  },
  rust: {
    tags: ['rust'],
    more: `
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.constant
(type_identifier) @name @reference.type`,
  },
  java: {
    tags: ['java'],
    more: `
(enum_declaration name: (identifier) @name) @definition.class
(record_declaration name: (identifier) @name) @definition.class
(type_identifier) @name @reference.type`,
  },
  c: {
    tags: ['c'],
    more: `
(call_expression function: (identifier) @name) @reference.call
(type_identifier) @name @reference.type`,
  },
  php: {
    tags: ['php'],
    more: `
(function_call_expression function: (name) @name) @reference.call
(object_creation_expression (name) @name) @reference.class
(base_clause (name) @name) @reference.class`,
  },
  cpp: {
    tags: ['cpp'],
    more: `
(call_expression function: (identifier) @name) @reference.call
(type_identifier) @name @reference.type`,
  },
  ruby: { tags: ['ruby'] },
}

/** Languages whose errors are found, but in which nothing has a name that a query could find. */
const NAMELESS = ['bash', 'html']

/** The grammar that reads a language of `languageOf`; undefined for those that have none here. */
export function grammarFor(language: string): string | undefined {
  const name = language === 'jsx' ? 'javascript' : language
  return name in LANGUAGES ? name : undefined
}

export const GRAMMARS = Object.keys(LANGUAGES)

/** The grammar that tells where a file of a language is broken; undefined for those that have none here. */
export function grammarForErrors(language: string): string | undefined {
  return NAMELESS.includes(language) ? language : grammarFor(language)
}

export function loadEngine(): Uint8Array<ArrayBuffer> {
  return readBytes(ENGINE)
}

/** PostgreSQL's parser. */
export function loadPostgres(): Uint8Array<ArrayBuffer> {
  return readBytes('grammars/postgres.wasm')
}

/** @param name one that `grammarForErrors` gives */
export function loadGrammar(name: string): Grammar {
  const { tags, more = '' } = LANGUAGES[name] ?? { tags: [] }
  const query = [...tags.map((tag) => readText(`grammars/${tag}.tags.scm`)), more].join('\n')
  return { wasm: readBytes(`grammars/${name}.wasm`), query }
}
