/** What is wrong with a text. `line` and `column` start at 1, and are left out where there is no such place. */
export interface Fault {
  line?: number
  column?: number
  message: string
  /** The offending line, without the space around it; a long one is cut. */
  text?: string
}

const LONGEST_TEXT = 200

/** `line 3, column 8: Unexpected ; in “let b = ;”` */
export function faultInWords({ line, column, message, text }: Fault): string {
  if (!line) return message
  const place = column ? `line ${line}, column ${column}` : `line ${line}`
  return text && !message.includes(text) ? `${place}: ${message} in “${text}”` : `${place}: ${message}`
}

/** A fault at an offset of a text. */
export function faultAt(text: string, index: number, message: string): Fault {
  const before = text.slice(0, index)
  return { line: before.split('\n').length, column: index - before.lastIndexOf('\n'), message }
}

/** Moves the faults of a part to where they are in the whole that it was cut from, at `start`. */
export function movedTo(whole: string, start: number, faults: Fault[]): Fault[] {
  const { line, column } = faultAt(whole, start, '') as { line: number; column: number }
  return faults.map((fault) => {
    const own = fault.line ?? 1
    return { ...fault, line: own + line - 1, column: (fault.column ?? 1) + (own === 1 ? column - 1 : 0) }
  })
}

/** Puts the offending line to each fault. What is said of an empty line, or of the end, stands on the last line before that says anything. */
export function withLines(text: string, faults: Fault[]): Fault[] {
  if (faults.length === 0) return faults
  const rows = text.split('\n')
  return faults.map((fault) => {
    const given = Math.min(fault.line || rows.length, rows.length)
    const line =
      Math.max(
        0,
        rows.slice(0, given).findLastIndex((row) => row.trim() !== ''),
      ) + 1
    const row = rows[line - 1]!
    const column = line === fault.line && fault.column ? fault.column : row.search(/\S|$/) + 1
    return { ...fault, line, column, text: shortened(row.trim()) }
  })
}

/** A line as faults carry it. */
export function shortened(row: string): string {
  return row.length > LONGEST_TEXT ? `${row.slice(0, LONGEST_TEXT - 1)}…` : row
}
