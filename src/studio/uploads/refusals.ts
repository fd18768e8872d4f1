import { DomainError, Invalid } from '../../errors.ts'
import { MOST_FRAME_PIXELS, MOST_PIXELS } from '../../files/media/inspect.ts'
import { bytes, number } from '../../web/format.ts'
import { MOST_FILES, MOST_PICTURE_BYTES } from './limits.ts'

/** Of all that came in one request, in words. */
export function tooBig(limit: number): Invalid {
  return new Invalid(
    'upload_too_big',
    `That is more than ${bytes(limit)}, the most that is taken at once. Send less.`,
    {
      context: { limit },
    },
  )
}

export function tooMany(): Invalid {
  return new Invalid('upload_too_many', `These are more than ${number(MOST_FILES)} files. Send them in parts.`, {
    context: { limit: MOST_FILES },
  })
}

export function busy(): DomainError {
  return new DomainError('upload_busy', 'Many other uploads are on their way. Try again in a minute.', {
    retryable: true,
    retryAfterMs: 60_000,
  })
}

export function notSent(): Invalid {
  return new Invalid(
    'upload_body',
    'Send files as multipart/form-data, or one file as the body with its name in ?name=. Nothing was kept.',
  )
}

/** The body ended, or the time was up, before all had come. */
export function brokenOff(): Invalid {
  return new Invalid('upload_broken_off', 'The connection broke before all had come, so nothing was kept. Try again.')
}

export function nothingChosen(): Invalid {
  return new Invalid('upload_nothing', 'There is no file in it. Choose one.')
}

/** Why one file is not taken, while others are. */
export const WHY_NOT = {
  upload_file_empty: 'is empty.',
  upload_damaged: 'begins like a picture, but is no whole one. Save it again, then upload that.',
  upload_bomb:
    'would unpack to far more than it says, as a picture does that is made to fill a memory. It was not opened.',
  upload_pixels: `has more than ${MOST_PIXELS / 1e6} million pixels, or ${MOST_FRAME_PIXELS / 1e6} million in all its frames. Make it smaller.`,
  upload_picture_too_big: `is a picture of more than ${bytes(MOST_PICTURE_BYTES)}. Make it smaller.`,
} as const

export type Reason = keyof typeof WHY_NOT

export interface Refused {
  /** As it was sent, without what hides in it. */
  name: string
  code: Reason
  message: string
}

export function refusalOf(name: string, code: Reason): Refused {
  return { name, code, message: `“${name}” ${WHY_NOT[code]}` }
}

/** When no file is left: the error of the first, with all of them. */
export function noneTaken(refused: Refused[]): Invalid {
  const [first] = refused
  return new Invalid(first!.code, first!.message, { context: { refused } })
}
