import { kindOf, mediaTypeOf } from '../languages.ts'
import { KINDS, type KindName } from './kinds.ts'

/** Endings that are another way to write the usual one. */
const SAME: Readonly<Record<string, string>> = {
  jpe: 'jpg',
  jfif: 'jpg',
  jpeg: 'jpg',
  tif: 'tiff',
  heif: 'heic',
  hif: 'heic',
  m4v: 'mp4',
  htm: 'html',
  oga: 'ogg',
  opus: 'ogg',
  m4b: 'm4a',
}
/** Zips that are called by what is in them. */
const ZIPS = /\.(zip|docx|xlsx|pptx|odt|ods|odp|epub|jar|apk|cbz|kmz|usdz|3mf|whl|sketch|xpi|vsix)$/i
/** Endings that say what a content is, so that they can lie. */
const ENDINGS: ReadonlySet<string> = new Set([
  ...Object.values(KINDS).map(({ ending }) => ending),
  ...Object.keys(SAME),
])

/** A name with the ending of what it is: one that lies goes, one that says nothing stays before it. Texts of any language keep theirs. */
export function nameFor(name: string, kind: KindName): string {
  if (isCalled(name, kind)) return name
  const { ending } = KINDS[kind]
  const said = endingOf(name)
  const lies = said !== '' && ENDINGS.has(said)
  if (kind === 'other' && (!lies || kindOf(name) === 'text')) return name // a text that is no UTF-8
  return `${lies ? name.slice(0, -said.length - 1) : name}.${ending}`
}

/** Whether a name's ending is one of those for this kind of content. */
export function isCalled(name: string, kind: KindName): boolean {
  const said = endingOf(name)
  const { sort, ending, media } = KINDS[kind]
  if (kind === 'zip') return ZIPS.test(name)
  if (sort === 'text' && kind !== 'svg') return kindOf(name) === 'text'
  if (kind === 'svg') return said === 'svg' || kindOf(name) === 'text'
  return (SAME[said] ?? said) === ending || (kind !== 'other' && mediaTypeOf(name) === media)
}

function endingOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : ''
}
