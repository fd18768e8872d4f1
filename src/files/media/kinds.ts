/** What a content is, told by itself and not by a name. */
export interface Kind {
  /** The word for it in a sentence, with its article. */
  says: string
  media: string
  /** The usual ending of its name, without the dot. */
  ending: string
  sort: 'picture' | 'clip' | 'sound' | 'document' | 'archive' | 'text' | 'other'
}

const kind = (says: string, media: string, ending: string, sort: Kind['sort']): Kind => ({ says, media, ending, sort })

export const KINDS = {
  png: kind('a PNG', 'image/png', 'png', 'picture'),
  jpeg: kind('a JPEG', 'image/jpeg', 'jpg', 'picture'),
  gif: kind('a GIF', 'image/gif', 'gif', 'picture'),
  webp: kind('a WebP', 'image/webp', 'webp', 'picture'),
  avif: kind('an AVIF', 'image/avif', 'avif', 'picture'),
  heic: kind('a HEIC', 'image/heic', 'heic', 'picture'),
  bmp: kind('a BMP', 'image/bmp', 'bmp', 'picture'),
  tiff: kind('a TIFF', 'image/tiff', 'tiff', 'picture'),
  icon: kind('an icon', 'image/x-icon', 'ico', 'other'),
  mp4: kind('an MP4', 'video/mp4', 'mp4', 'clip'),
  mov: kind('a QuickTime film', 'video/quicktime', 'mov', 'clip'),
  webm: kind('a WebM', 'video/webm', 'webm', 'clip'),
  mkv: kind('a Matroska film', 'video/x-matroska', 'mkv', 'clip'),
  m4a: kind('an MP4 sound', 'audio/mp4', 'm4a', 'sound'),
  mp3: kind('an MP3', 'audio/mpeg', 'mp3', 'sound'),
  wav: kind('a WAV', 'audio/wav', 'wav', 'sound'),
  ogg: kind('an Ogg', 'audio/ogg', 'ogg', 'sound'),
  flac: kind('a FLAC', 'audio/flac', 'flac', 'sound'),
  pdf: kind('a PDF', 'application/pdf', 'pdf', 'document'),
  zip: kind('a zip', 'application/zip', 'zip', 'archive'),
  svg: kind('an SVG', 'image/svg+xml', 'svg', 'text'),
  html: kind('a web page', 'text/html', 'html', 'text'),
  text: kind('plain text', 'text/plain', 'txt', 'text'),
  other: kind('data of another kind', 'application/octet-stream', 'bin', 'other'),
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS
