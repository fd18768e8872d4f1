import { callsOf, matches } from './calls.ts'
import type { Hit } from './finding.ts'
import { definition } from './shapes.ts'
import { linesAround, type Source } from './source.ts'

const HIDDEN = 'hidden-code'
const HIDDEN_REASON = 'What this code does is hidden from its reader. Write it as it is.'
const DECODED_REASON = 'Code is unpacked from unreadable text and run: nobody can see what it does. Write it as it is.'

const CODE = new Set(
  'javascript jsx typescript tsx python php ruby go java kotlin csharp rust c cpp swift perl bash lua'.split(' '),
)

/** Code that its reader can’t see, or sees as something else. */
export function hidden(source: Source): Hit[] {
  const unseen = characters(source)
  return CODE.has(source.language) ? [...unseen, ...unpacked(source), ...spelled(source), ...aside(source)] : unseen
}

const UNPACKS =
  /\batob\s{0,3}\(|["']base64["']|["']hex["']|b64decode|a85decode|base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin|unhexlify|fromhex|fromCharCode|zlib\.decompress|marshal\.loads|unescape\s{0,3}\(|decodeURIComponent\s{0,3}\(\s{0,3}escape|decode64|unpack1?\(|bytes\(\[|codecs\.decode|rot_?13|\bchr\s{0,3}\([^()\n]{1,10}\)\s{0,3}[+.]|DecodeString|\[::-1\]|\.reverse\(\)\s{0,3}\.join/
const RUNS =
  /(?<![\w$.>])(?:eval|exec|Function|execScript|create_function|system|shell_exec|passthru|Invoke-Expression|compile|setTimeout|instance_eval|class_eval)\s{0,3}\(|(?<=<\?(?:php)?\s{1,3}|^[ \t]{0,20}@?)assert\s{0,3}\(\s{0,3}(?=base64|gz|str_rot|\$)|\bruntime\.exec\(|\b(?:os\.system|subprocess\.\w{1,12}|child_process\.exec\w{0,4}|execSync|importlib\.\w{1,20})\s{0,3}\(|\bexec\.Command\(/g

function unpacked(source: Source): Hit[] {
  const calls = callsOf(source, RUNS).flatMap(({ at, args, texts }): Hit[] => {
    const names = args.flatMap((range) =>
      [...source.bare.slice(...range).matchAll(/(?<![\w.])[A-Za-z_]\w{0,60}/g)].map(([name]) => name).slice(0, 8),
    )
    const values = names.flatMap((name) => {
      const range = definition(source, name, at)
      return range ? [source.code.slice(...range)] : []
    })
    return [...texts, ...values].some((text) => UNPACKS.test(text))
      ? [{ rule: HIDDEN, severity: 'high', at, reason: DECODED_REASON }]
      : []
  })
  const piped = matches(
    source.code,
    /\bbase64\s{1,3}(?:-d|-D|--decode)\b[^\n;]{0,200}\|\s{0,3}(?:sudo\s)?(?:(?:ba|z)?sh|python3?|perl|node)\b|\b(?:ba|z)?sh\s{1,3}-c\s{1,3}"?\$\([^\n)]{0,300}base64\s{1,3}(?:-d|--decode)|\beval\s{1,3}"?\$\([^\n)]{0,300}(?:base64\s{1,3}(?:-d|--decode)|xxd\s{1,3}-r|rev\b)/g,
    () => ({ rule: HIDDEN, severity: 'high', reason: DECODED_REASON }),
  )
  return [...calls, ...piped]
}

/** Plain letters that are written in numbers, names that say nothing, names that are put together. */
function spelled(source: Source): Hit[] {
  const found = (severity: Hit['severity']) => ({ rule: HIDDEN, severity, reason: HIDDEN_REASON })
  const letters = source.strings.flatMap(([from, to]): Hit[] => {
    if (to - from < 40) return []
    const text = source.text.slice(from, Math.min(to, from + 2_000))
    const escapes =
      text.match(/\\x(?:2[0-9a-e]|[3-6][0-9a-f]|7[0-9a-e])|\\u00(?:2[0-9a-e]|[3-6][0-9a-f]|7[0-9a-e])|\\1[0-7]{2}/gi) ??
      []
    return escapes.length >= 10 && escapes.length * 4 >= text.length * 0.6 ? [{ ...found('medium'), at: from }] : []
  })
  const codes = matches(
    source.code,
    /String\.fromCharCode\(\s{0,3}(?:(?:0x)?[0-9a-fA-F]{2,4}\s{0,2},\s{0,2}){7,}|(?:chr\(\s{0,2}(?:0x)?[0-9a-f]{2,3}\s{0,2}\)\s{0,3}[.+]\s{0,3}){5,}/g,
    () => found('high'),
  )
  const joined = matches(
    source.code,
    /\[\s{0,3}["'](?:e|ev|eva|Fun|Func|exe|ex)["']\s{0,3}\+\s{0,3}["'](?:val|al|l|ction|tion|c|ec)["']|getattr\(\s{0,3}(?:__builtins__|os|builtins|__import__\([^)\n]{1,20}\))\s{0,3},\s{0,3}["']\w{1,8}["']\s{0,3}\+|["'](?:sys|sh|shell|pass|ass|ev|cre)["']\s{0,2}\.\s{0,2}["'](?:tem|ell_exec|_exec|thru|ert|al|ate_function)["']/g,
    () => found('high'),
  )
  const names = new Set(source.bare.match(/(?<![\w$])_0x[0-9a-f]{4,6}(?![\w$])/g) ?? [])
  const at = source.bare.search(/(?<![\w$])_0x[0-9a-f]{4,6}/)
  return [...letters, ...codes, ...joined, ...(names.size >= 4 ? [{ ...found('high'), at }] : [])]
}

/** Code that stands far to the right of what is seen. */
function aside(source: Source): Hit[] {
  return matches(source.code, /(?<=\S)[ \t]{150,2000}(?=[;,]?[ ]{0,3}[A-Za-z_$(][\w$.]{0,40}\s{0,2}[(=])/g, () => ({
    rule: HIDDEN,
    severity: 'high',
    reason: 'Code stands far to the right, out of sight. Put it on a line of its own.',
  }))
}

/** Most lines with marks of direction that are looked at. */
const MOST_LINES = 500
const BIDI = /[\u202A-\u202E\u2066-\u2069]/
const INVISIBLE =
  /[\u200B\u2060\u2061-\u2064\u180E]|(?<=[A-Za-z0-9_$])(?:\u200C|\u200D|\uFEFF|\u00AD)(?=[A-Za-z0-9_$])/g
const SMUGGLED = /(?:\uDB40[\uDC00-\uDC7F]){3,}|[\uFE00-\uFE0F]{3,}|(?:\uDB40[\uDD00-\uDDEF]){3,}/g
const FLAG = /\uD83C\uDFF4$/
const MIXED =
  /(?<![\p{L}\w$])(?=[\p{L}\w$]{0,40}[a-zA-Z])(?=[\p{L}\w$]{0,40}[\u0400-\u04FF\u0370-\u03FF])[A-Za-z_$\u0400-\u04FF\u0370-\u03FF][\w$\u0400-\u04FF\u0370-\u03FF]{1,40}/gu

function characters(source: Source): Hit[] {
  const { text, bare, language } = source
  const tags = matches(text, SMUGGLED, ({ index }) =>
    FLAG.test(text.slice(Math.max(0, index - 2), index))
      ? undefined
      : {
          rule: 'hidden-characters',
          severity: 'high',
          reason: 'Characters that nobody can see carry text here. Take them out.',
        },
  )
  if (!CODE.has(language) && !['yaml', 'dockerfile', 'sql', 'makefile'].includes(language)) return tags
  const turned = BIDI.test(text)
    ? lines(source)
        .slice(0, MOST_LINES)
        .flatMap((at) => turnedAt(source, at))
    : []
  const unseen = matches(bare, INVISIBLE, () => ({
    rule: 'hidden-characters',
    severity: 'high',
    reason: 'A character that nobody can see is part of the code: two names look the same and are not. Take it out.',
  }))
  const alike = matches(bare, MIXED, ({ 0: name }) =>
    /[\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0458\u03BF\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0425\u03BD]/.test(
      name,
    )
      ? {
          rule: 'hidden-characters',
          severity: 'high',
          reason: 'A name holds a letter of another script that looks like a Latin one. Write it in one script.',
        }
      : undefined,
  )
  return [...tags, ...turned, ...unseen, ...alike]
}

/** One line that holds a mark of direction each. */
function lines({ text, lines }: Source): number[] {
  return lines.filter((from, i) => BIDI.test(text.slice(from, Math.min(lines[i + 1] ?? text.length, from + 10_000))))
}

/** Marks that end within their line turn words of another script, as they should; an override never does. See CVE-2021-42574. */
function turnedAt(source: Source, at: number): Hit[] {
  const line = source.text.slice(...linesAround(source, at, 0, 0))
  const opened = (line.match(/[\u202A\u202B\u2066-\u2068]/g) ?? []).length
  const closed = (line.match(/[\u202C\u2069]/g) ?? []).length
  if (opened === closed && !/[\u202D\u202E]/.test(line)) return []
  const found = {
    rule: 'hidden-characters',
    severity: 'high',
    reason: 'Invisible marks turn the order of this line around: it runs otherwise than it reads. Take them out.',
  } as const
  return [{ ...found, at: at + line.search(BIDI) }]
}
