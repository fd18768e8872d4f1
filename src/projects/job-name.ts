interface Asked {
  request?: { prompt?: unknown; function?: unknown }
  recipe?: { function?: unknown; params?: { prompt?: unknown } }
  profile?: { label?: unknown }
}

/** The most characters of what somebody has asked for that stand for it. */
const NAME_CHARACTERS = 80

/** What a render was asked to show, in full; null for other jobs. */
export function wordsAsked(input: unknown): string | null {
  const { request, recipe } = (input ?? {}) as Asked
  const words = request?.prompt ?? recipe?.params?.prompt
  return typeof words === 'string' && words.trim() !== '' ? words : null
}

/** Whether a render was asked for a clip. */
export function isClipAsked(input: unknown): boolean {
  const { request, recipe } = (input ?? {}) as Asked
  return (request?.function ?? recipe?.function) === 'video'
}

/** What a job makes that is no task's, by what it was asked: the words of a picture, or the name of a model. Null where neither is there. */
export function askedFor(input: unknown): string | null {
  const words = wordsAsked(input) ?? ((input ?? {}) as Asked).profile?.label
  if (typeof words !== 'string' || words === '') return null
  const line = words.replace(/\s+/g, ' ').trim()
  return line.length > NAME_CHARACTERS
    ? `${line
        .slice(0, NAME_CHARACTERS - 1)
        .trimEnd()
        .toWellFormed()}…`
    : line
}
