import { Conflict, Invalid } from '../errors.ts'

const MAX_SEGMENT_BYTES = 255
const MAX_PATH_BYTES = 1_024
const TOO_LONG = `it is longer than ${MAX_PATH_BYTES} bytes`

/** Names that Windows keeps for devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?$/i
/** What Windows can't hold in a name; the colon also means a drive or a hidden stream. */
export const FORBIDDEN = /[<>:"|?*]/
/** Controls, lone surrogates, line separators, and marks that turn or hide the text around them. */
export const INVISIBLE = /[\p{Cc}\p{Cs}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/u
const HIDDEN_IN_NAMES = /\p{Cf}/gu

/**
 * A path inside a project in its one form: NFC, segments parted by `/`, good on Linux, macOS and Windows alike.
 * @throws Invalid `bad_path` with what is wrong
 */
export function projectPath(text: string): string {
  if (text.length > MAX_PATH_BYTES) throw badPath(text, TOO_LONG) // before work that grows with the square of the length
  const path = text.normalize('NFC')
  const wrong = wholePathFault(path) ?? firstFault(path.split('/'))
  if (wrong) throw badPath(path, wrong)
  return path
}

/** The same for two paths that some file systems can't hold side by side: case and Unicode form are folded. */
export function caseKey(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}

/** The error of a path that collides with the file at `other`. */
export function pathTaken(path: string, other: string): Conflict {
  return new Conflict(
    'path_taken',
    `“${path}” can’t stand beside “${other}”: some systems take them for the same. Choose another name.`,
    { context: { path, other } },
  )
}

function wholePathFault(path: string): string | undefined {
  if (path.trim() === '') return 'it is empty'
  if (INVISIBLE.test(path)) return 'it holds control or invisible characters'
  if (path.includes('\\')) return 'it holds a backslash: parts are separated by “/”'
  if (/^[a-z]:/i.test(path)) return 'it starts with a drive letter: paths are relative to the project'
  if (path.startsWith('/')) return 'it is absolute: paths are relative to the project'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return TOO_LONG
  return undefined
}

function firstFault(segments: string[]): string | undefined {
  for (const segment of segments) {
    const fault = segmentFault(segment)
    if (fault) return fault
  }
  return undefined
}

function segmentFault(segment: string): string | undefined {
  if (segment === '') return 'it has an empty part between two “/” or at its end'
  if (segment === '..') return 'it leaves the project'
  if (segment === '.') return 'it has the part “.”'
  if (/[.\s]$/.test(segment) || /^\s/.test(segment))
    return 'a part of it starts or ends with a space, or ends with a dot'
  if (FORBIDDEN.test(segment)) return 'it holds one of < > : " | ? *'
  if (DEVICE.test(segment)) return `“${segment}” is a name that Windows keeps for a device`
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `a part of it is longer than ${MAX_SEGMENT_BYTES} bytes`
  return privateFault(segment)
}

/** Git's and Hearth's own folders, also as a file system that ignores case, marks or long names would find them. */
function privateFault(segment: string): string | undefined {
  const plain = caseKey(segment.replace(HIDDEN_IN_NAMES, ''))
  if (plain === '.git' || /^git~\d+$/.test(plain)) return 'it is inside Git’s own folder'
  if (plain.startsWith('.hearth')) return 'names that start with “.hearth” are Hearth’s own'
  return undefined
}

function badPath(path: string, wrong: string): Invalid {
  const shown = path.length > 80 ? `${path.slice(0, 80)}…` : path
  const readable = shown.replace(new RegExp(INVISIBLE, 'gu'), '\uFFFD')
  return new Invalid('bad_path', `The path “${readable}” can’t be used: ${wrong}. Give another path.`, {
    context: { field: 'path', path: readable },
  })
}
