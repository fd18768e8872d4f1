import { FORBIDDEN, INVISIBLE, projectPath } from '../../files/paths.ts'

/** Of a name, in bytes: what is added to it, a number and an ending, still fits into what file systems take. */
const MOST_STEM = 200
const MOST_ENDING = 20
/** Of what was sent, in characters, before work that grows with the length. */
const MOST_GIVEN = 2_000
const NAMELESS = 'upload'

/**
 * A file's name as a project can hold it. The name is nobody's program to run and no place to write to: folders before it go,
 * with all that is hidden in it; what some system can't hold becomes `_`.
 */
export function cleanName(given: string): string {
  const name = given.slice(-MOST_GIVEN).replace(/^.*[/\\]/s, '')
  const shown = name
    .replace(new RegExp(INVISIBLE, 'gu'), '')
    .normalize('NFC')
    .replace(new RegExp(FORBIDDEN, 'g'), '_')
    .replace(/^\s+|[\s.]+$/g, '')
  const short = shortened(shown)
  return (short === '' ? [] : [short, `_${short}`]).find(isGood) ?? NAMELESS
}

function isGood(name: string): boolean {
  try {
    return projectPath(name) === name
  } catch {
    return false // a device of Windows, a folder of Git's: the answer to the question
  }
}

function shortened(name: string): string {
  const dot = name.lastIndexOf('.')
  const hasEnding = dot > 0 && Buffer.byteLength(name.slice(dot)) <= MOST_ENDING
  const [stem, ending] = hasEnding ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  return cut(stem, MOST_STEM).replace(/[\s.]+$/, '') + ending
}

function cut(text: string, bytes: number): string {
  let size = 0
  let kept = ''
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > bytes) break
    kept += character
  }
  return kept
}
