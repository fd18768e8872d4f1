/** Languages that are coloured, by our words for them; all others are shown plain. */
export const COLOURED: ReadonlySet<string> = new Set(
  `bash c cpp csharp css csv diff dockerfile go graphql html ini java javascript json json5 jsonc jsonl jsx kotlin less lua
  makefile markdown perl php python r ruby rust scss sql svelte svg swift toml tsx typescript vue xhtml xml yaml`.split(
    /\s+/,
  ),
)

/** The kinds of words that have a look of their own; `public/code.css` has a class `tok-<kind>` for each. The first is plain text. */
export const KINDS = [
  'plain',
  'comment',
  'word',
  'name',
  'text',
  'number',
  'type',
  'heading',
  'strong',
  'emphasis',
  'link',
  'gone',
  'come',
] as const

type Kind = (typeof KINDS)[number]

/** Which scopes of the grammars are of which kind. Of two that fit the more exact one holds. */
const SCOPES: ReadonlyArray<[Kind, string]> = [
  [
    'comment',
    'comment, punctuation.definition.comment, meta.preprocessor, meta.separator, punctuation.definition.quote',
  ],
  [
    'word',
    `keyword, storage, storage.type, keyword.operator.new, keyword.operator.expression, keyword.operator.word,
     keyword.operator.logical.python, variable.language, punctuation.definition.heading, punctuation.definition.list,
     entity.name.tag.yaml, entity.name.selector`,
  ],
  [
    'plain',
    'keyword.operator, storage.type.function.arrow, keyword.operator.type, meta.template.expression, meta.embedded',
  ],
  [
    'name',
    `entity.name.function, support.function, entity.name.tag, meta.function-call.generic, entity.other.attribute-name.id,
     entity.other.attribute-name.class, entity.name.section, support.variable, variable.function`,
  ],
  ['text', 'string, punctuation.definition.string, markup.inline.raw, markup.fenced_code, markup.raw, string.regexp'],
  [
    'number',
    `constant, support.constant, support.type.property-name.json, entity.name.label, constant.other.symbol,
     keyword.other.unit, keyword.other.definition.ini`,
  ],
  [
    'type',
    `entity.name.type, entity.name.class, entity.name.namespace, support.type, support.class, entity.other.attribute-name,
     entity.other.inherited-class, variable.parameter, variable.other.normal.shell, punctuation.definition.variable.shell,
     support.type.property-name, entity.name.variable`,
  ],
  ['heading', 'markup.heading, entity.name.section.markdown, entity.name.section.group-title'],
  ['strong', 'markup.bold'],
  ['emphasis', 'markup.italic, markup.quote'],
  ['link', 'markup.underline.link, string.other.link'],
  ['gone', 'markup.deleted'],
  ['come', 'markup.inserted'],
]

/** A theme whose colours are the numbers of `KINDS`: the page gives each its colour, in both lights, by a class. */
export const THEME = {
  name: 'kinds',
  type: 'light' as const,
  fg: colourOf('plain'),
  bg: '#FFFFFF',
  settings: SCOPES.map(([kind, scope]) => ({
    scope: scope.split(',').map((each) => each.trim()),
    settings: { foreground: colourOf(kind) },
  })),
}

/** The place in `KINDS` that a colour of the theme stands for. */
export function kindOfColour(colour: string | undefined): number {
  return colour ? Number.parseInt(colour.slice(1), 16) : 0
}

function colourOf(kind: Kind): string {
  return `#${KINDS.indexOf(kind).toString(16).padStart(6, '0')}`
}
