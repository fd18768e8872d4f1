/** A line and what ends it: `\n`, `\r\n`, or nothing at the end of a file. */
export interface Line {
  text: string
  end: string
}

/** A text by lines, so that each of them, its end and a byte order mark too, stays what it was unless it is changed. */
export interface TextLines {
  mark: string
  lines: Line[]
}

const BYTE_ORDER_MARK = '\uFEFF'

export function textLines(text: string): TextLines {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : ''
  const lines: Line[] = []
  for (let at = mark.length; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    if (newline < 0) {
      lines.push({ text: text.slice(at), end: '' })
      break
    }
    const isWindows = newline > at && text[newline - 1] === '\r'
    lines.push({ text: text.slice(at, isWindows ? newline - 1 : newline), end: isWindows ? '\r\n' : '\n' })
    at = newline + 1
  }
  return { mark, lines }
}

export function joined({ mark, lines }: TextLines): string {
  return mark + lines.map(({ text, end }) => text + end).join('')
}

/** The line ends of a text: those of most of its lines, and `\n` when there is none. */
export function lineEnd(lines: readonly Line[]): string {
  const windows = lines.filter(({ end }) => end === '\r\n').length
  return windows * 2 > lines.length || (windows > 0 && windows === lines.length - 1) ? '\r\n' : '\n'
}

export function endsWithNewline(lines: readonly Line[]): boolean {
  return lines.length === 0 || lines.at(-1)!.end !== ''
}

/** An answer's text with plain line ends, and without a byte order mark. */
export function plainEnds(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
}
