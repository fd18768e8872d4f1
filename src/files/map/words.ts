/** An identifier in any spelling: `readFile`, `read_file`, `read-file`. */
const IDENTIFIER = /[\p{L}\p{N}_$]+(?:-[\p{L}\p{N}_$]+)*/gu
/** Where a capital or a digit begins a part: `HTTPServer2` is `HTTP`, `Server`, `2`. */
const PART = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|\p{N}+|\p{L}+/gu
const LONGEST = 80

const COMMON = new Set(
  'a an and are as at be been but by can do does for from has have if in into is it its no not of on or so than that the their then there these they this to was when where which will with'.split(
    ' ',
  ),
)

/**
 * The words of a text as a search sees them, in lower case: each identifier in its parts, and whole when it has several.
 * Words that every sentence holds are left out, and so is the s of a plural.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = []
  for (const [identifier] of text.matchAll(IDENTIFIER)) {
    if (identifier.length > LONGEST) continue
    const parts = partsOf(identifier)
    for (const part of parts) if (!COMMON.has(part)) words.push(part)
    if (parts.length > 1) words.push(parts.join(' '))
  }
  return words
}

/** The parts of an identifier: `maxBodyBytes` is `max`, `body`, `byte`. */
export function partsOf(identifier: string): string[] {
  return (identifier.match(PART) ?? []).map((part) => singular(part.toLowerCase()))
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}
