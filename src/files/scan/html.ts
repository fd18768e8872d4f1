import { callsOf, matches } from './calls.ts'
import { valueAt } from './expressions.ts'
import type { Hit } from './finding.ts'
import type { Range } from './ranges.ts'
import { isFromRequest, shapeOf } from './shapes.ts'
import type { Source } from './source.ts'

const RULE = 'html-from-input'
const REASON =
  'Text becomes part of a page as markup: a script in it runs in the reader’s browser. Set it as text, or escape it.'
const CLEANED =
  /\b(?:DOMPurify|sanitize\w*|escape\w*|purify|xss|encode\w*|h|esc|clean\w*|marked|md|highlight\w*|hljs|Prism|katex|renderToString|renderToStaticMarkup|trustedHTML|createHTML|t|i18n)(?:\.\w+){0,2}\s*\(/

/** Markup that is put together from values. */
export function html(source: Source): Hit[] {
  return [...(SINKS[source.language]?.(source) ?? []), ...marked(source)]
}

const SINKS: Readonly<Record<string, (source: Source) => Hit[]>> = {
  javascript: script,
  jsx: script,
  typescript: script,
  tsx: script,
  php: (source) =>
    matches(source.text, /\b(?:echo|print)\b[ (]{1,3}|<\?=[ ]{0,3}/g, (match) => {
      const range = valueAt(source.bare, match.index + match[0].length)
      const isRaw =
        source.code.slice(...range).trim() !== '' &&
        isFromRequest(source, range) &&
        shapeOf(source, range) === 'input' &&
        !/htmlspecialchars|htmlentities|json_encode|\(int\)|intval|esc_/.test(source.bare.slice(...range))
      return isRaw ? found('high') : undefined
    }),
  python: (source) => [
    ...answers(
      source,
      /(?<![\w.])(?:Markup|mark_safe|HttpResponse|HTMLResponse|make_response|render_template_string|Response)\s{0,3}\(/g,
    ),
    ...matches(source.bare, /\breturn[ ](?=[fF]["'])/g, (match) => {
      const range = valueAt(source.bare, match.index + match[0].length)
      return /<[a-z]/i.test(source.text.slice(...range)) &&
        source.code.slice(...range).trim() !== '' &&
        isFromRequest(source, range) &&
        shapeOf(source, range) === 'input'
        ? found('high')
        : undefined
    }),
  ],
  ruby: (source) => [
    ...matches(source.code, /params\[[^\]\n]{1,60}\](?:\.\w{1,20}){0,2}\.html_safe|\braw[ (]{1,2}params\b/g, () =>
      found('high'),
    ),
    ...matches(source.code, /\b\w{1,40}\.html_safe\b/g, ({ 0: text }) =>
      /^params/.test(text) ? undefined : found('medium'),
    ),
  ],
  go: (source) => answers(source, /\b(?:template\.HTML|fmt\.Fprintf|fmt\.Fprint|io\.WriteString)\s{0,3}\(/g),
  java: (source) =>
    answers(
      source,
      /\.getWriter\(\)\s{0,3}\.(?:print|println|write|append|printf)\s{0,3}\(|\bout\.(?:print|println|write)\s{0,3}\(/g,
    ),
}

function found(severity: Hit['severity']): Omit<Hit, 'at'> {
  return { rule: RULE, severity, reason: REASON }
}

function script(source: Source): Hit[] {
  return [...assigned(source), ...written(source), ...sent(source)]
}

/** `innerHTML = ...` and its like. */
function assigned(source: Source): Hit[] {
  const sinks =
    /\.(?:innerHTML|outerHTML|srcdoc)\s{0,3}\+?=(?!=)|\bdangerouslySetInnerHTML\s{0,3}=\s{0,3}\{\s{0,3}\{\s{0,3}__html\s{0,3}:|\b__html\s{0,3}:/g
  return matches(source.bare, sinks, (match) => judged(source, valueAt(source.bare, match.index + match[0].length)))
}

function written(source: Source): Hit[] {
  const calls = callsOf(
    source,
    /\bdocument\.write(?:ln)?\s{0,3}\(|\.insertAdjacentHTML\s{0,3}\(|(?<![\w])\$\([^()\n]{1,80}\)\.(?:html|append|prepend|before|after)\s{0,3}\(|\.createContextualFragment\s{0,3}\(|\bbypassSecurityTrustHtml\s{0,3}\(/g,
  )
  return calls.flatMap(({ at, args, texts }) => {
    const markup = args.at(-1)
    const isPlain =
      /\.(?:append|prepend|before|after)\s*\($/.test(source.bare.slice(at, args[0]?.[0])) &&
      !/</.test(texts.at(-1) ?? '')
    const hit = markup && !isPlain ? judged(source, markup) : undefined
    return hit ? [{ ...hit, at }] : []
  })
}

/** A value that the file knows nothing of is worth a word; text with values in it, and what came in, are worse. */
function judged(source: Source, range: Range): Omit<Hit, 'at'> | undefined {
  const code = source.code.slice(...range)
  if (CLEANED.test(code)) return undefined
  const shape = shapeOf(source, range)
  if (shape === 'fixed') return undefined
  if (shape === 'input') return found('high')
  return found(shape === 'built' && /<\w/.test(code) ? 'medium' : 'low')
}

/** An answer of a server with what the request brought. */
function sent(source: Source): Hit[] {
  return callsOf(
    source,
    /\b(?:res|response|reply|ctx|c)\.(?:send|end|write|html|type\(["'\u0001]{1,20}\)\.send)\s{0,3}\(/g,
  ).flatMap(({ at, args, texts }) => {
    const text = texts[0] ?? ''
    const isMarkup = /^[`"'].*</s.test(text) || /\.html\s*\($/.test(source.bare.slice(at, args[0]?.[0]))
    const isRaw = isMarkup && args[0] && shapeOf(source, args[0]) === 'input' && !CLEANED.test(text)
    return isRaw ? [{ ...found('high'), at }] : []
  })
}

/** Functions that take markup as it is: what a request brought must not be in it. */
function answers(source: Source, pattern: RegExp): Hit[] {
  return callsOf(source, pattern).flatMap(({ at, args, texts }) => {
    const code = texts.join(' ')
    const isMarkup = /<\w|mark_safe|Markup|template\.HTML|render_template_string/.test(
      code + source.bare.slice(at, args[0]?.[0]),
    )
    if (!isMarkup || CLEANED.test(code) || /jsonify|json\.dumps/.test(code)) return []
    return args.some((range) => isFromRequest(source, range) && shapeOf(source, range) === 'input')
      ? [{ ...found('high'), at }]
      : []
  })
}

/** What templates put in as it is. */
function marked({ path, text, language, code }: Source): Hit[] {
  if (/\.(?:vue|svelte)$/.test(path))
    return matches(
      text,
      /\bv-html\s{0,3}=\s{0,3}"(?!sanitize|clean|safe)[^"\n]{1,200}"|\{@html\s{1,3}(?!sanitize|clean|safe|DOMPurify)[^}\n]{1,200}\}/g,
      () => found('medium'),
    )
  if (/\.(?:html?|jinja2?|j2|njk|twig)$/.test(path))
    return matches(
      text,
      /\{\{[^}\n]{0,200}\b(?:request|params|query|GET|POST)\b[^}\n]{0,200}\|\s{0,3}(?:safe|raw)\b/g,
      () => found('high'),
    )
  return language === 'php' ? matches(code, /\{!!\s{0,3}\$(?:request|_GET)[^}\n]{0,100}!!\}/g, () => found('high')) : []
}
