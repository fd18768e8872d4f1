import { ENDINGS as INPUT_ENDINGS } from '../gpu/inputs.ts'

/** Endings of files by the media type of what is in them. */
const ENDINGS: Readonly<Record<string, string>> = {
  ...INPUT_ENDINGS,
  'text/plain': 'txt',
  'application/json': 'json',
}

/** How the name of a file ends that holds this. */
export function endingOf(mediaType: string): string {
  return (Object.hasOwn(ENDINGS, mediaType) && ENDINGS[mediaType]) || 'bin'
}

/** What is shown of it: a picture, a film, or neither. */
export function shownAs(mediaType: string): 'picture' | 'clip' | 'other' {
  if (mediaType.startsWith('image/')) return 'picture'
  return mediaType.startsWith('video/') ? 'clip' : 'other'
}
