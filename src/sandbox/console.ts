/** CSI, OSC and the other sequences of a terminal (ECMA-48), whole; or the start of one at the end of what has come. */
const SEQUENCE =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|[ -/]+[0-~]|[0-OQ-WYZ`-~])|\u009b[0-?]*[ -/]*[@-~]/g
const UNFINISHED = /(?:\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\u009c]*\u001b?|[ -/]*)|\u009b[0-?]*[ -/]*)$/
/** Controls but tab and line feed, and marks that turn or hide the text around them. */
const INVISIBLE = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu
/** A sequence that never ends is none. */
const LONGEST = 4_096

/** Makes the output of a program fit for a page: what would move a cursor, colour or hide text is left out, piece by piece. */
export function openConsole(): { take(text: string): string; rest(): string } {
  let sequence = ''
  let returns = ''
  const clean = (text: string) =>
    text.replace(/\r+\n?/g, '\n').replace(INVISIBLE, (mark) => (mark === '\t' || mark === '\n' ? mark : ''))
  return {
    take(text) {
      const all = sequence + text
      const start = UNFINISHED.exec(all)?.index ?? all.length
      sequence = all.length - start > LONGEST ? '' : all.slice(start)
      const said = returns + all.slice(0, start).replace(SEQUENCE, '')
      let end = said.length
      while (said[end - 1] === '\r') end--
      returns = said.slice(end) // the next piece may begin with the line feed that belongs to them
      return clean(said.slice(0, end))
    },
    rest() {
      const last = clean(returns + sequence)
      sequence = returns = ''
      return last
    },
  }
}

/** The same for all of a text at once. */
export function cleanOutput(text: string): string {
  const console = openConsole()
  return console.take(text) + console.rest()
}
