/** One edit: a text that stands in a file exactly once, and what is to stand there instead. */
export interface Replacement {
  search: string
  replace: string
}

const SHOWN_PLACES = 5
const SHOWN_CHARACTERS = 60

/**
 * The text with all blocks replaced, each in the text as the blocks before it left it; or why that can't be done: all or
 * nothing, and never a guess at what was meant.
 */
export function replaceExactly(text: string, blocks: Replacement[]): { text: string } | { problem: string } {
  let now = text
  const lines = lineEndsOf(text)
  for (const [i, block] of blocks.entries()) {
    const [search, replace] = [lines(block.search), lines(block.replace)]
    const which = blocks.length > 1 ? `Block ${i + 1}: ` : ''
    if (search === '') return { problem: `${which}the text to search for is empty.` }
    if (search === replace) return { problem: `${which}it replaces a text by the same text.` }
    const at = placesOf(now, search)
    if (at.length === 0) return { problem: `${which}${notFound(now, search)}` }
    if (at.length > 1) return { problem: `${which}${ambiguous(now, at)}` }
    now = now.slice(0, at[0]) + replace + now.slice(at[0]! + search.length)
  }
  return { text: now }
}

/** A file with Windows' line ends is shown, and so quoted, without them; what takes their place gets them too. */
function lineEndsOf(text: string): (part: string) => string {
  if (!text.includes('\r\n') || /(^|[^\r])\n/.test(text)) return (part) => part
  return (part) => part.replace(/\r?\n/g, '\r\n')
}

function placesOf(text: string, search: string): number[] {
  const places: number[] = []
  for (let at = text.indexOf(search); at >= 0 && places.length <= SHOWN_PLACES; at = text.indexOf(search, at + 1))
    places.push(at)
  return places
}

function ambiguous(text: string, places: number[]): string {
  const lines = places.slice(0, SHOWN_PLACES).map((at) => lineOf(text, at))
  const more = places.length > SHOWN_PLACES ? ' and more' : ''
  return `the text to search for stands there more than once (lines ${lines.join(', ')}${more}). Take more lines around it, so that it is the only one.`
}

function notFound(text: string, search: string): string {
  const near = nearLine(text, search)
  const said = near === undefined ? '' : ` A line like its first one is line ${near.line}: “${near.text}”.`
  return `the text to search for does not stand in the file, character by character.${said} Read the file again and copy from it exactly, white space included.`
}

/** The line that the search's first line may have meant: the same but for white space. */
function nearLine(text: string, search: string): { line: number; text: string } | undefined {
  const bare = (line: string) => line.replace(/\s+/g, '')
  const wanted = bare(search.split('\n').find((line) => line.trim() !== '') ?? '')
  if (wanted === '') return undefined
  const lines = text.split('\n')
  const at = lines.findIndex((line) => bare(line).includes(wanted))
  return at < 0 ? undefined : { line: at + 1, text: lines[at]!.slice(0, SHOWN_CHARACTERS) }
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
