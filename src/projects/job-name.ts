/** The most characters of what somebody has asked for that stand for it. */
const NAME_CHARACTERS = 80

/** What a job makes that is no task's, by what it was asked: the words of a picture, or the name of a model. Null where neither is there. */
export function askedFor(input: unknown): string | null {
  const { request, recipe, profile } = (input ?? {}) as {
    request?: { prompt?: unknown }
    recipe?: { params?: { prompt?: unknown } }
    profile?: { label?: unknown }
  }
  const words = request?.prompt ?? recipe?.params?.prompt ?? profile?.label
  if (typeof words !== 'string' || words.trim() === '') return null
  const line = words.replace(/\s+/g, ' ').trim()
  return line.length > NAME_CHARACTERS
    ? `${line
        .slice(0, NAME_CHARACTERS - 1)
        .trimEnd()
        .toWellFormed()}…`
    : line
}
