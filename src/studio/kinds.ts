/** Endings of files by the media type of what is in them. */
const ENDINGS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'text/plain': 'txt',
  'application/json': 'json',
}

/** How the name of a file ends that holds this. */
export function endingOf(mediaType: string): string {
  return ENDINGS[mediaType] ?? 'bin'
}

/** What is shown of it: a picture, a film, or neither. */
export function shownAs(mediaType: string): 'picture' | 'clip' | 'other' {
  if (mediaType.startsWith('image/')) return 'picture'
  return mediaType.startsWith('video/') ? 'clip' : 'other'
}
