/** How many lines of what there is are shown to a model that is asked to go on. */
export const TAIL_LINES = 40

/** White space around a repeated line that is forgiven, in characters: a line beyond it can't be one of those that there are. */
const MARGIN = 1024

/**
 * The part of `text` that another answer can be joined to: whole lines, and the last of them neither blank nor found again
 * among the TAIL_LINES before it, so that a line of the answer that equals it can only be that one. Empty when there is
 * no such line.
 */
export function joinable(text: string): string {
  const lines = wholeLines(text)
  for (let last = lines.length - 1; last >= 0; last--)
    if (isAnchor(lines, last)) return joined(lines.slice(0, last + 1))
  return ''
}

/** The lines of `text` that end with a newline, without it. */
export function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

/**
 * A joiner: `push` returns the new text, once the overlap is known; `end` says that the answer is whole (not cut), which
 * settles what could still have been a longer overlap. `state` is `open` until then.
 */
export interface Joiner {
  push(text: string): string
  end(): string
  readonly state: 'open' | 'joined' | 'refused'
}

/**
 * Joins an answer that was asked to begin with the last line of `before`. The answer may repeat more than that line; what it
 * repeats is dropped, and the lines of `before` stay as they are. White space around the line is forgiven, and the number
 * that it was shown with, nothing else: an answer that begins anywhere else, or that fits at two places, is refused, since a
 * guess would corrupt the file.
 */
export function joinTo(before: string): Joiner {
  const kept = wholeLines(before).map((line) => line.trim())
  let overlaps = kept.length === 0 ? [0] : undefined
  let state: Joiner['state'] = kept.length === 0 ? 'joined' : 'open'
  let pending = ''
  const unended: string[] = [] // the pieces of a line whose end has not come: put together once, however long it gets
  let length = 0
  const longest = kept.reduce((most, line) => Math.max(most, line.length), 0)
  const read: string[] = []

  const settle = (fitting: number[]) => {
    state = fitting.length === 1 ? 'joined' : 'refused'
    return state === 'joined' ? joined(read.slice(fitting[0])) + pending : ''
  }

  /** No more is needed to tell: what was not repeated by now is not repeated. */
  const end = () => {
    pending = unended.splice(0).join('')
    return settle((overlaps ?? []).filter((overlap) => overlap <= read.length))
  }

  return {
    push(text) {
      if (state !== 'open') return state === 'joined' ? text : ''
      unended.push(text)
      length += text.length
      if (!text.includes('\n')) return length > longest + MARGIN ? end() : ''
      pending = unended.splice(0).join('')
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
        read.push(pending.slice(0, end))
        pending = pending.slice(end + 1)
        overlaps = stillFitting(kept, overlaps, read)
        if (overlaps.every((overlap) => overlap <= read.length)) return settle(overlaps)
      }
      unended.push(pending)
      length = pending.length
      return ''
    },
    end: () => (state === 'open' ? end() : ''),
    get state() {
      return state
    },
  }
}

/** The whole of both texts, joined; undefined when the answer does not fit in exactly one way. */
export function stitch(before: string, answer: string): string | undefined {
  const joiner = joinTo(before)
  const added = joiner.push(answer) + joiner.end()
  return joiner.state === 'joined' ? before + added : undefined
}

/** The last lines of `text` with their numbers, for a prompt. */
export function numberedTail(text: string): { lines: string; last: number } {
  const all = wholeLines(text)
  const from = Math.max(0, all.length - TAIL_LINES)
  const lines = all.slice(from).map((line, i) => `${from + i + 1}| ${line}`)
  return { lines: lines.join('\n'), last: all.length }
}

function isAnchor(lines: string[], at: number): boolean {
  const line = lines[at]!.trim()
  if (line === '') return false
  return !lines.slice(Math.max(0, at - TAIL_LINES + 1), at).some((other) => other.trim() === line)
}

/** The overlaps (in lines) that the last line read does not speak against. */
function stillFitting(kept: string[], overlaps: number[] | undefined, read: string[]): number[] {
  const i = read.length - 1
  const line = read[i]!.trim()
  const possible = overlaps ?? kept.map((_, k) => k + 1)
  const fits = (at: number) => kept[at] === line || kept[at] === withoutNumber(line, at + 1)
  return possible.filter((overlap) => overlap <= i || fits(kept.length - overlap + i))
}

/** A line as `numberedTail` shows it, without its own number. */
function withoutNumber(line: string, number: number): string | undefined {
  const prefix = `${number}|`
  return line.startsWith(prefix) ? line.slice(prefix.length).trimStart() : undefined
}

function joined(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
