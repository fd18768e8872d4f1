const FENCE = /^[ \t]*(`{3,})([\w.+#-]*)[ \t]*\r?\n/
const FENCE_LINE_AT_MOST = 80 // characters: a longer first line is no fence
const MARKDOWN = /\.(?:md|mdx|markdown)$/i

export interface AnswerTo {
  /** The line that ends the file; its first occurrence counts. */
  sentinel: string
  /** The file's path: a Markdown file may well begin with a fence of its own. */
  path: string
  /** The line that the answer is asked to repeat first, if any: never taken for a fence. */
  anchor?: string
  /** True when an earlier part of the same file was fenced: then a closing fence is expected. */
  fenced?: boolean
}

/**
 * What has come of an answer. `done`: its sentinel came. `held`: text that may yet turn out not to be the file's. `closing`: the
 * fence that was taken off the end, if any.
 */
export interface AnswerReader {
  push(text: string): string
  readonly done: boolean
  readonly closing: string
  readonly fenced: boolean
  readonly held: string
}

/**
 * Reads one file out of an answer that streams in. `push` takes the next piece and returns the part that surely belongs
 * to the file: never the sentinel, nor the beginning of it, nor a fence around the whole, nor blank lines around the
 * file. A finished file ends with one newline, unless it is empty.
 */
export function readAnswer({ sentinel, path, anchor, fenced = false }: AnswerTo): AnswerReader {
  let pending = ''
  let begun = false
  let done = false
  let shown = false
  let closing = ''

  const release = (end: number) => {
    const text = pending.slice(0, end)
    pending = pending.slice(end)
    shown ||= text !== ''
    return text
  }

  const finish = (at: number) => {
    done = true
    const end = pending.slice(0, at).trimEnd()
    const text = trimmedEnd(end, fenced, shown)
    closing = end.slice(text.length).trim()
    pending = ''
    return shown || text !== '' ? `${text}\n` : ''
  }

  return {
    push(text) {
      if (done) return ''
      pending += text
      const at = pending.indexOf(sentinel)
      if (!begun) {
        const head = skipHead(pending, at >= 0, { path, anchor })
        if (!head) return ''
        begun = true
        fenced ||= head.fenced
        pending = pending.slice(head.length)
      }
      const end = pending.indexOf(sentinel)
      return end >= 0 ? finish(end) : release(heldFrom(pending, sentinel, fenced, shown))
    },
    get done() {
      return done
    },
    get closing() {
      return closing
    },
    get fenced() {
      return fenced
    },
    get held() {
      return pending
    },
  }
}

/** How much of the beginning is not the file's: blank lines and an opening fence. Undefined: too early to tell. */
function skipHead(text: string, whole: boolean, { path, anchor }: Pick<AnswerTo, 'path' | 'anchor'>) {
  const blank = /^(?:[ \t]*\r?\n)*/.exec(text)![0].length
  const rest = text.slice(blank)
  const fence = FENCE.exec(rest)
  if (fence && fence[0].trim() !== anchor?.trim() && wraps(path, fence[2]!))
    return { length: blank + fence[0].length, fenced: true }
  const open = !rest.includes('\n') && rest.length < FENCE_LINE_AT_MOST && /^[ \t]*(?:`|$)/.test(rest)
  return open && !whole ? undefined : { length: blank, fenced: false }
}

/** True when a fence at the end of `text` would be the end of one of its own examples, not of a fence around the whole. */
export function isInsideExample(path: string, text: string): boolean {
  return MARKDOWN.test(path) && (text.match(/^ {0,3}`{3,}/gm) ?? []).length % 2 === 1
}

function wraps(path: string, language: string): boolean {
  return !MARKDOWN.test(path) || /^(?:md|mdx|markdown)$/i.test(language)
}

/** Where the part begins that may be the end of the file: white space, a closing fence, the sentinel's first characters. */
function heldFrom(text: string, sentinel: string, fenced: boolean, shown: boolean): number {
  return trimmedEnd(text.slice(0, text.length - sentinelPrefix(text, sentinel)), fenced, shown).length
}

function sentinelPrefix(text: string, sentinel: string): number {
  for (let length = Math.min(sentinel.length - 1, text.length); length > 0; length--)
    if (text.endsWith(sentinel.slice(0, length))) return length
  return 0
}

/** Without white space and, in a fenced answer, a line of backticks at the end. What was shown is the line's beginning. */
function trimmedEnd(text: string, fenced: boolean, shown: boolean): string {
  const end = text.trimEnd()
  return fenced ? end.replace(shown ? /\n[ \t]*`+$/ : /(?:^|\n)[ \t]*`+$/, '').trimEnd() : end
}
