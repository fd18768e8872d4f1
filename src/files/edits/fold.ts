/** Punctuation and spaces that a keyboard lacks, and what models write for them. */
const FOLDS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["'", '\u2018\u2019\u201A\u201B\u2032\u02BC'],
    ['"', '\u201C\u201D\u201E\u201F\u2033\u00AB\u00BB'],
    ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2212'],
    [' ', '\u00A0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000'],
    ['...', '\u2026'],
  ].flatMap(([plain, fancy]) => [...fancy!].map((character) => [character, plain!])),
)
const FANCY = new RegExp(`[${Object.keys(FOLDS).join('')}]`, 'g')

/** A line with plain punctuation and spaces. */
export function folded(line: string): string {
  return line.replace(FANCY, (character) => FOLDS[character]!)
}

/**
 * Where in `other` the first `length` characters of `text` end, when both are the same folded. Undefined inside of a
 * character that folds to several.
 */
export function sameLength(text: string, length: number, other: string): number | undefined {
  const wanted = folded(text.slice(0, length)).length
  let at = 0
  let plain = 0
  while (plain < wanted) plain += folded(other[at++]!).length
  return plain === wanted ? at : undefined
}
