const OPEN = '<think>'
const CLOSE = '</think>'

/** `text`: what belongs to the answer. `thinking`: some of what came is thinking. */
export interface Told {
  text: string
  thinking: boolean
}

export interface ThinkTags {
  push(text: string): Told
  /** The answer is over: what was held back, since it could have become a tag, is text. */
  end(): string
}

/**
 * Tells thinking from text where a server has not done so: many models write it between tags at the beginning of their
 * answer, and a server that was not told which model it has leaves it there.
 */
export function thinkTags(): ThinkTags {
  let state: 'beginning' | 'thinking' | 'text' = 'beginning'
  let held = ''
  return {
    push(piece) {
      if (state === 'text') return { text: piece, thinking: false }
      held += piece
      if (state === 'beginning') {
        const begun = held.trimStart()
        if (begun !== OPEN && OPEN.startsWith(begun)) return { text: '', thinking: false }
        if (!begun.startsWith(OPEN)) {
          state = 'text'
          return { text: release(), thinking: false }
        }
        state = 'thinking'
        held = begun.slice(OPEN.length)
      }
      const end = held.indexOf(CLOSE)
      if (end < 0) {
        held = held.slice(-CLOSE.length)
        return { text: '', thinking: true }
      }
      state = 'text'
      held = held.slice(end + CLOSE.length)
      return { text: release(), thinking: true }
    },
    end: () => (state === 'beginning' ? release() : ''),
  }

  function release(): string {
    const text = held
    held = ''
    return text
  }
}
