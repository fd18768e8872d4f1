import { Invalid } from '../errors.ts'

/** Longest brief, in characters: about ten pages. */
export const MOST_CHARACTERS = 20_000
const TITLE_CHARACTERS = 60

/**
 * The brief as it is kept: NFC, line ends as \n, trimmed.
 * @throws Invalid `brief_empty`, `brief_too_long`, `brief_unreadable`
 */
export function checkBrief(given: string): string {
  const brief = given.normalize('NFC').replace(/\r\n?/g, '\n').trim()
  if (!/[\p{L}\p{N}\p{S}]/u.test(brief))
    throw new Invalid('brief_empty', 'Say in a sentence or more what you want to make.', {
      context: { field: 'brief' },
    })
  if (brief.length > MOST_CHARACTERS)
    throw new Invalid(
      'brief_too_long',
      `The brief has ${brief.length} characters; at most ${MOST_CHARACTERS} can be used. Shorten it.`,
      { context: { field: 'brief' } },
    )
  if (/[\p{Cc}--[\n\t]]|\p{Cs}/v.test(brief))
    throw new Invalid('brief_unreadable', 'The brief holds control characters. Paste it as plain text.', {
      context: { field: 'brief' },
    })
  return brief
}

/** A title until the plan finds a better one: the first words of the brief. */
export function titleFromBrief(brief: string): string {
  const line = brief.split('\n')[0]!.replace(/\s+/g, ' ')
  const cut = line.length > TITLE_CHARACTERS ? `${line.slice(0, TITLE_CHARACTERS).replace(/\s+\S*$/, '')}…` : line
  return cut.charAt(0).toUpperCase() + cut.slice(1)
}
