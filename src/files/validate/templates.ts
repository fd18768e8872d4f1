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

/** `{% if x %}`, `<% if x %>`: statements of a template, at the start of a line. */
const STATEMENTS = /^[ \t]*(?:\{%[-+]?[ \t]*[a-z_]+|<%)/m
/** `{{ x }}`, `{{- if .x }}`, `{{#each}}`, `<%= x %>`, `<?php`, and statements within a line. */
const FILLED_IN = /(?<!\$)\{\{[^{}]*\}\}|\{%[-+]?[ \t]*[a-z_]+[^%]*%\}|<%[=#-]?[\s\S]*?%>|<\?(?:php|=)/
/** Names of files that are made from others: `config.yaml.in`, `{{cookiecutter.name}}.py`. */
const NAMES = /\{\{|\}\}|\{%|%\w+%/

/** Whether a text looks like a template: it is of its language only once it is filled in, and no parser can judge it before. */
export function isTemplate(path: string, language: string, text: string): boolean {
  return NAMES.test(path) || STATEMENTS.test(text) || (DATA.has(language) && FILLED_IN.test(text))
}
