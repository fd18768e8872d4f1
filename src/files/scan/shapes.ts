import { valueAt } from './expressions.ts'
import type { Range } from './ranges.ts'
import type { Source } from './source.ts'

/**
 * What is known of where a value comes from, within one file: `fixed` is written in the program, `input` comes from outside,
 * `built` is text joined with something that is not fixed, and of `unknown` the file says nothing (a parameter, a call).
 */
export type Shape = 'fixed' | 'unknown' | 'built' | 'input'

/** How many definitions are followed. */
const DEEPEST = 4
/** Names that are looked at in one expression. */
const MOST_NAMES = 40

/** What a request brings. */
const REQUEST =
  /^(?:[\w$]+\.)?(?:req|request|ctx|context|c|r|event|self\.request|exchange)\b[?.]*\.?(?:query|body|params|param|headers?|cookies?|args|form|json|values|GET|POST|FILES|files|query_params|path_params|data|URL|Form|FormValue|PostFormValue|PathValue|Query|Param|Params|PostForm|DefaultQuery|getParameter|getHeader|getQueryString|queryStringParameters|pathParameters|url|originalUrl|get_json|input|QueryString|Request)\b|^\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|^params\[|^(?:query|searchParams|urlParams|formData|URLSearchParams)\b(?:\.get|\[|\.)|^(?:window\.|document\.)?location\.(?:hash|search|href)|^(?:document\.cookie|document\.URL|document\.referrer|window\.name)|^(?:e|event|message|msg)\.data\b|^flask\.request\b|^cookies\[/
/** What whoever starts the program types. */
const TYPED =
  /^(?:process\.argv|sys\.argv|os\.Args|ARGV|argv|Deno\.args|Bun\.argv|std::env::args|env::args|flag\.Arg)\b|^(?:input|raw_input|prompt|readline|gets|STDIN\.(?:gets|read)|sys\.stdin\.\w+|fgets|Console\.ReadLine|rl\.question|scanner\.next\w*)\($|^(?:gets|STDIN)\b/
/** What makes a value harmless wherever it goes. */
const CLEANS =
  /(?:^|[.:>])(?:Number|parseInt|parseFloat|int|float|len|intval|floatval|count|abs|strlen|to_i|Atoi|ParseInt|Itoa|valueOf|isInteger|randomUUID|randomBytes|randomInt|uuid4|uuidv4|token_hex|now|time|getpid|hash|hexdigest|digest|round|floor|ceil|max|min|range|toFixed|quote|shlex_quote|shellescape|shellwords|escapeshellarg|escapeShellArg|shellEscape|shellQuote|escapeArg|escapeHtml|escape_html|htmlspecialchars|htmlentities|html_escape|escapeHTML|encodeURIComponent|sanitize|sanitizeHtml|purify|escape|escapeId|escapeLiteral|escapeIdentifier|quoteIdentifier|quote_ident|quote_name|quote_identifier|bleach|clean|mysqli_real_escape_string|real_escape_string|esc_sql|basename|secure_filename|Base|getFileName|join_placeholders|placeholders|mkdtemp|mkdtempSync|mktemp|tmpdir|gettempdir|cwd|getcwd|resolve_constant)$/
/** Words of languages, and what is the program's own: its place, its environment, its limits. */
const OWN =
  /^(?:true|false|null|undefined|nil|None|True|False|new|await|return|typeof|void|this|not|and|or|in|is|if|else|for|of|lambda|const|let|var|String|str|Array|Buffer|Object|strings|fmt|path|os|url|format|f|r|b|u|rb|br|fr|byte|bytes|static|function|fn|mut|as|async|def|end|do|encoding|utf8|self|cls|__dirname|__filename|__file__|DIRECTORY_SEPARATOR|PHP_EOL)$|^(?:process\.(?:env|cwd|pid|platform|execPath)|import\.meta|os\.(?:environ|getenv|Getenv|TempDir|tmpdir|sep|EOL)|getenv|env|ENV|System\.getenv|config|settings)\b|^(?:os\.)?path\.(?:join|resolve|sep|normalize|join)$|^Path$|^(?:fmt\.Sprintf|sprintf|String\.format|strings\.Join|filepath\.Join|String\.raw|path\.posix\.join|join|File\.join|Paths\.get|implode|concat)$/
const CONSTANT = /^(?:[\w$]+(?:\.|::))*[A-Z][A-Z0-9_]+$/
const NAME =
  /(?<![\w$@\u0001])[@$]{0,2}[A-Za-z_][\w$]{0,80}(?:(?:\?\.|\.|->|::)[A-Za-z_$][\w$]{0,80}!?|\[[^\][\n]{0,60}\]){0,8}\(?/g

/** Code within what looks like a string. */
const HOLES: Readonly<Record<string, RegExp>> = {
  python: /(?<!\{)\{([^{}\n]{1,200})\}/g,
  ruby: /#\{([^{}\n]{1,200})\}/g,
  php: /\{?(\$[A-Za-z_]\w{0,60}(?:->\w{1,60}|\[[^\]\n]{0,60}\]){0,4})\}?/g,
  kotlin: /\$\{?([A-Za-z_][\w.]{0,60})\}?/g,
  swift: /\\\(([^()\n]{1,200})\)/g,
  csharp: /(?<!\{)\{([^{}\n]{1,200})\}/g,
  bash: /\$\{?(\w{1,60}|[@*])\}?/g,
  rust: /(?<!\{)\{([a-z_]\w{0,60})(?::[^{}]{0,20})?\}/g,
  perl: /([$@]\w{1,60})/g,
}

/** The shape of the expression at a range. */
export function shapeOf(source: Source, [from, to]: Range, depth = 0): Shape {
  const bare = source.bare.slice(from, to)
  const holes = holesIn(source, [from, to])
  const shapes = [bare, ...holes].flatMap((text) => leaves(source, text, from, depth))
  if (shapes.includes('input')) return 'input'
  if (shapes.includes('built')) return 'built'
  if (!shapes.includes('unknown')) return 'fixed'
  return /["'`]/.test(bare) || holes.length > 0 ? 'built' : 'unknown'
}

/** True for what comes in with a request, and not from whoever starts the program. */
export function isFromRequest(source: Source, range: Range, depth = 0): boolean {
  const texts = [source.code.slice(...range), ...holesIn(source, range)]
  return texts.some((text) =>
    namesIn(text).some(({ name }) => {
      if (REQUEST.test(name)) return true
      const known = depth < DEEPEST ? definition(source, plain(name), range[0]) : undefined
      return known !== undefined && isFromRequest(source, known, depth + 1)
    }),
  )
}

/** Where the value of a name was set last before an offset. */
export function definition(source: Source, name: string, before: number): Range | undefined {
  const at = lastBefore(definitionsOf(source).get(name) ?? [], before)
  return at === undefined ? undefined : valueAt(source.bare, at)
}

function lastBefore(places: number[], before: number): number | undefined {
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (places[middle]! < before) low = middle + 1
    else high = middle
  }
  return places[low - 1]
}

/** What is put into the strings of an expression. */
export function holesIn({ language, text, bare, strings }: Source, [from, to]: Range): string[] {
  const hole = HOLES[language]
  if (!hole) return []
  return within(strings, from, to).flatMap(([start, end]) => {
    if (!mayHaveHoles(language, bare, text, start)) return []
    return [...text.slice(start, Math.min(end, to)).matchAll(hole)].map((match) => match[1]!)
  })
}

/** The strings that begin in a range; they are in order. */
export function within(strings: Range[], from: number, to: number): Range[] {
  let low = 0
  let high = strings.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (strings[middle]![0] < from) low = middle + 1
    else high = middle
  }
  const found: Range[] = []
  for (let i = low; i < strings.length && strings[i]![0] < to && found.length < MOST_NAMES; i++) found.push(strings[i]!)
  return found
}

function mayHaveHoles(language: string, bare: string, text: string, start: number): boolean {
  if (language === 'python')
    return /(?<![\w])[rRbB]?[fF][rRbB]?(?:"""|'''|"|')$/.test(bare.slice(Math.max(0, start - 6), start))
  if (language === 'csharp') return /\$@?"$/.test(bare.slice(Math.max(0, start - 4), start))
  if (language === 'rust')
    return /(?:format|println|write|writeln)!\(\s*"$/.test(bare.slice(Math.max(0, start - 30), start))
  return text[start - 1] !== "'"
}

interface Named {
  name: string
  /** Where it ends in the text that it was found in. */
  end: number
}

function namesIn(text: string): Named[] {
  const found: Named[] = []
  for (const { 0: name, index } of text.matchAll(NAME)) {
    found.push({ name, end: index + name.length })
    if (found.length === MOST_NAMES) break
  }
  return found
}

function leaves(source: Source, text: string, at: number, depth: number): Shape[] {
  const shapes: Shape[] = []
  let skipTo = 0
  for (const { name, end } of namesIn(text)) {
    if (end <= skipTo) continue
    const called = name.endsWith('(')
    const word = called ? name.slice(0, -1) : name
    if (called && CLEANS.test(word)) {
      skipTo = closing(text, end)
      continue
    }
    if (/^\s{0,3}(?:=(?!=)|:(?!:))/.test(text.slice(end, end + 5)) && !text.includes('?')) continue // an option’s name
    const shape = leaf(source, name, at, depth)
    if (shape) shapes.push(shape)
  }
  return shapes
}

function leaf(source: Source, name: string, at: number, depth: number): Shape | undefined {
  if (REQUEST.test(name) || TYPED.test(name)) return 'input'
  const word = name.replace(/\($/, '')
  if (OWN.test(word) || CONSTANT.test(word)) return undefined
  const base = plain(word)
  if (OWN.test(base) || CONSTANT.test(base)) return undefined
  const known = depth < DEEPEST ? definition(source, base, at) : undefined
  if (!known) return 'unknown'
  const shape = shapeOf(source, known, depth + 1)
  return shape === 'fixed' ? undefined : shape
}

/** The variable at the bottom of a chain. */
function plain(name: string): string {
  return name.replace(/^[@$]+/, '').match(/^[A-Za-z_]\w*/)?.[0] ?? name
}

function closing(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at + 1
  }
  return text.length
}

const known = new WeakMap<Source, Map<string, number[]>>()

/** The places at which values are given to names, by name, in order. */
function definitionsOf(source: Source): Map<string, number[]> {
  const made = known.get(source)
  if (made) return made
  const definitions = new Map<string, number[]>()
  const add = (name: string, at: number) => {
    const places = definitions.get(name)
    if (places) places.push(at)
    else definitions.set(name, [at])
  }
  for (const { 1: name, 0: all, index } of source.bare.matchAll(ASSIGNED)) add(name!, index + all.length)
  for (const { 1: names, 0: all, index } of source.bare.matchAll(TAKEN_APART))
    for (const name of names!.split(/[,:]/)) add(name.trim(), index + all.length)
  known.set(source, definitions)
  return definitions
}

/** A parameter’s default and a named argument follow a bracket or a comma: they are none. */
const ASSIGNED =
  /(?<=(?:^|[;{}\n]|\b(?:const|let|var|val|my|final|auto|mut|if|for|while|String|string|int|char|export|private|public|static)\b[\s(]{1,4}|\w[>\]]? ))[ \t]{0,40}[@$]?([A-Za-z_]\w{0,60})[ \t]{0,4}(?::[ \t]{0,3}[\w.<>[\]|?]{1,40}[ \t]{0,3})?(?:,[ \t]{0,2}(?:err|_|ok)[ \t]{0,2})?(?:[-+.]?=(?![=>~])|:=|[ \t]of[ \t]|[ \t]in[ \t])/g
const TAKEN_APART = /\b(?:const|let|var)\s{1,4}[{[]([\w\s,:$]{1,300})[}\]]\s{0,4}=(?!=)/g
