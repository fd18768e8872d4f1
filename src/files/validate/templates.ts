/** Languages in which two braces mean nothing of their own: what stands in them is filled in before anybody reads the file. */
const DATA = new Set([
  'yaml',
  'json',
  'jsonc',
  'jsonl',
  'toml',
  'xml',
  'svg',
  'sql',
  'html',
  'xhtml',
  'css',
  'scss',
  'dockerfile',
  'graphql',
])
/** In them two braces are of the language. */
const COMPONENTS = new Set(['vue', 'svelte'])

/** `{% if x %}`, `<% if x %>`, `{{- if .x }}`: statements of a template, at the start of a line. */
const STATEMENTS =
  /^[ \t]*(?:\{%[-+]?[ \t]*[a-z_]+|<%|\{\{-?[ \t]*(?:define|if|range|end|with|template|block|include|cookiecutter)\b)/m
/** `{{ x }}`, `{{- if .x }}`, `{{#each}}`. */
const BRACES = /(?<!\$)\{\{[^{}]{0,500}\}\}/
/** The same statements within a line, `<%= x %>`, `<?php`. */
const INLINE = /\{%[-+]?[ \t]{0,20}[a-z_]{1,40}[^%]{0,500}%\}|<%[=#-]?[^%]{0,500}%>|<\?(?:php|=)/
/** Names of files that are made from others: `config.yaml.in`, `{{cookiecutter.name}}.py`. */
const NAMES = /\{\{|\}\}|\{%|%\w+%/

/** Whether a text looks like a template: it is of its language only once it is filled in, and no parser can judge it before. */
export function isTemplate(path: string, language: string, text: string): boolean {
  if (NAMES.test(path) || STATEMENTS.test(text)) return true
  if (DATA.has(language)) return BRACES.test(text) || INLINE.test(text)
  return COMPONENTS.has(language) && INLINE.test(text)
}
