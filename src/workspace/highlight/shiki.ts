/** What the Worker needs of shiki, in one module: in the binary it lies packed, and each grammar is read when it is first needed. */
import type { LanguageRegistration } from 'shiki/core'

export { createHighlighterCore } from 'shiki/core'
export { createJavaScriptRegexEngine } from 'shiki/engine/javascript'

type Grammar = () => Promise<{ default: LanguageRegistration[] }>

/** Our words for languages -> how to load their grammar. */
export const GRAMMARS: Readonly<Record<string, Grammar>> = {
  bash: () => import('shiki/dist/langs/bash.mjs'),
  c: () => import('shiki/dist/langs/c.mjs'),
  cpp: () => import('shiki/dist/langs/cpp.mjs'),
  csharp: () => import('shiki/dist/langs/csharp.mjs'),
  css: () => import('shiki/dist/langs/css.mjs'),
  csv: () => import('shiki/dist/langs/csv.mjs'),
  diff: () => import('shiki/dist/langs/diff.mjs'),
  dockerfile: () => import('shiki/dist/langs/docker.mjs'),
  go: () => import('shiki/dist/langs/go.mjs'),
  graphql: () => import('shiki/dist/langs/graphql.mjs'),
  html: () => import('shiki/dist/langs/html.mjs'),
  ini: () => import('shiki/dist/langs/ini.mjs'),
  java: () => import('shiki/dist/langs/java.mjs'),
  javascript: () => import('shiki/dist/langs/javascript.mjs'),
  json: () => import('shiki/dist/langs/json.mjs'),
  json5: () => import('shiki/dist/langs/json5.mjs'),
  jsonc: () => import('shiki/dist/langs/jsonc.mjs'),
  jsonl: () => import('shiki/dist/langs/jsonl.mjs'),
  jsx: () => import('shiki/dist/langs/jsx.mjs'),
  kotlin: () => import('shiki/dist/langs/kotlin.mjs'),
  less: () => import('shiki/dist/langs/less.mjs'),
  lua: () => import('shiki/dist/langs/lua.mjs'),
  makefile: () => import('shiki/dist/langs/makefile.mjs'),
  markdown: () => import('shiki/dist/langs/markdown.mjs'),
  perl: () => import('shiki/dist/langs/perl.mjs'),
  php: () => import('shiki/dist/langs/php.mjs'),
  python: () => import('shiki/dist/langs/python.mjs'),
  r: () => import('shiki/dist/langs/r.mjs'),
  ruby: () => import('shiki/dist/langs/ruby.mjs'),
  rust: () => import('shiki/dist/langs/rust.mjs'),
  scss: () => import('shiki/dist/langs/scss.mjs'),
  sql: () => import('shiki/dist/langs/sql.mjs'),
  svelte: () => import('shiki/dist/langs/svelte.mjs'),
  svg: () => import('shiki/dist/langs/xml.mjs'),
  swift: () => import('shiki/dist/langs/swift.mjs'),
  toml: () => import('shiki/dist/langs/toml.mjs'),
  tsx: () => import('shiki/dist/langs/tsx.mjs'),
  typescript: () => import('shiki/dist/langs/typescript.mjs'),
  vue: () => import('shiki/dist/langs/vue.mjs'),
  xhtml: () => import('shiki/dist/langs/html.mjs'),
  xml: () => import('shiki/dist/langs/xml.mjs'),
  yaml: () => import('shiki/dist/langs/yaml.mjs'),
}
