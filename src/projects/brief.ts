import { Invalid } from '../errors.ts'

/** Longest brief, in characters: about ten pages. */
export const MOST_CHARACTERS = 20_000
/** Blank lines and other spellings of line ends are taken off before the brief is measured. */
const READ_AT_MOST = 4 * MOST_CHARACTERS
/** Unicode's own bound for text that can be normalized in one pass: more take time with the square of their number. */
const MARKS_WITHOUT_END = /\p{M}{31}/u
const TITLE_CHARACTERS = 60

/**
 * The brief as it is kept: NFC, line ends as \n, trimmed.
 * @throws Invalid `brief_empty`, `brief_too_long`, `brief_unreadable`
 */
export function checkBrief(given: string): string {
  if (given.length > READ_AT_MOST) throw tooLong(given)
  if (MARKS_WITHOUT_END.test(given)) throw unreadable('more accents on one letter than any language has')
  const brief = given.normalize('NFC').replace(/\r\n?/g, '\n').trim()
  if (!/[\p{L}\p{N}\p{S}]/u.test(brief))
    throw new Invalid('brief_empty', 'Say in a sentence or more what you want to make.', {
      context: { field: 'brief' },
    })
  if (brief.length > MOST_CHARACTERS) throw tooLong(brief)
  if (/[\p{Cc}--[\n\t]]|\p{Cs}/v.test(brief)) throw unreadable('control characters')
  return brief
}

/** A title until the plan finds a better one: the first words of the brief. */
export function titleFromBrief(brief: string): string {
  const line = brief.split('\n')[0]!.replace(/\s+/g, ' ')
  const cut = line.length > TITLE_CHARACTERS ? `${start(line).replace(/\s+\S*$/, '')}…` : line
  return cut.charAt(0).toUpperCase() + cut.slice(1)
}

/** Half a character is not text: nothing can encode it. */
function start(line: string): string {
  return line.slice(0, TITLE_CHARACTERS).replace(/\p{Cs}$/u, '')
}

function tooLong({ length }: string): Invalid {
  return new Invalid(
    'brief_too_long',
    `The brief has ${length} characters; at most ${MOST_CHARACTERS} can be used. Shorten it.`,
    { context: { field: 'brief' } },
  )
}

function unreadable(what: string): Invalid {
  return new Invalid('brief_unreadable', `The brief holds ${what}. Paste it as plain text.`, {
    context: { field: 'brief' },
  })
}
