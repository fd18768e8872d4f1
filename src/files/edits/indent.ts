/** How the indentation of what a model wrote becomes the file's; undefined where that is not certain. */
export type Reindent = (indent: string) => string | undefined

/** [what the model wrote, what the file has], of a line that is not blank. */
export type Pair = readonly [string, string]

const asItIs: Reindent = (indent) => indent

/**
 * The one rule by which every line that was found differs in its indentation; undefined when there is none. The same text is
 * put before all lines or taken off them, or tabs stand for so many spaces each, or spaces for tabs.
 */
export function uniform(pairs: readonly Pair[]): Reindent | undefined {
  if (pairs.every(([said, is]) => said === is)) return asItIs
  return deeper(pairs) ?? shallower(pairs) ?? otherUnit(pairs)
}

export function indentOf(line: string): string {
  return /^[\t ]*/.exec(line)![0]
}

function deeper(pairs: readonly Pair[]): Reindent | undefined {
  const [said, is] = pairs[0]!
  const before = is.slice(0, is.length - said.length)
  if (before === '' || !pairs.every(([said, is]) => is === before + said)) return undefined
  // Tabs that stand before spaces are no file's: the model wrote another unit, and how wide it is nobody knows.
  return (indent) => (isMixed(before + indent) && !isMixed(indent) && !isMixed(before) ? undefined : before + indent)
}

function shallower(pairs: readonly Pair[]): Reindent | undefined {
  const [said, is] = pairs[0]!
  const before = said.slice(0, said.length - is.length)
  if (before === '' || !pairs.every(([said, is]) => said === before + is)) return undefined
  return (indent) => (indent.startsWith(before) ? indent.slice(before.length) : undefined)
}

/** Two depths settle how wide a tab is and how deep the file stands; with one, only what stands as deep as that is certain. */
function otherUnit(pairs: readonly Pair[]): Reindent | undefined {
  const known = new Map<string, string>()
  for (const [said, is] of pairs) {
    if (isMixed(said) || isMixed(is) || (known.get(said) ?? is) !== is) return undefined
    known.set(said, is)
  }
  const one = unitOf(pairs.map(([said]) => said))
  const other = unitOf(pairs.map(([, is]) => is))
  if (!one || !other || one === other) return undefined
  const [first, second] = [...known]
  if (!second) return (indent) => known.get(indent)
  const [run, rise] = [second[0].length - first![0].length, second[1].length - first![1].length]
  const straight = (length: number) => first![1].length + ((length - first![0].length) * rise) / run
  const isStraight = [...known].every(([said, is]) => straight(said.length) === is.length)
  if (!isStraight || rise / run <= 0) return undefined
  return (indent) => {
    const length = straight(indent.length)
    return unitOf([indent, one]) === one && Number.isInteger(length) && length >= 0 ? other.repeat(length) : undefined
  }
}

/** The character that all of these are made of; undefined when there are several, or none. */
function unitOf(indents: string[]): string | undefined {
  const used = new Set(indents.join(''))
  return used.size === 1 ? [...used][0] : undefined
}

function isMixed(indent: string): boolean {
  return indent.includes('\t') && indent.includes(' ')
}
