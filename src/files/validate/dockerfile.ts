import type { Fault } from './fault.ts'

/** Longest text and line that are judged, in characters: the validator takes the square of either, in this thread. */
const MAX_LENGTH = 16_000
const LONGEST_LINE = /^.{2000}/m
/** Another front end than Docker's own has other instructions. */
const OTHER_FRONT_END = /^#\s*syntax\s*=\s*(?!docker(?:\.io)?\/(?:dockerfile)\b)/im
/** Of the validator's errors those that no builder takes; flags and image names become valid with a newer one. */
const SURE = [
  'ARGUMENT_MISSING',
  'ARGUMENT_REQUIRES_ONE',
  'ARGUMENT_REQUIRES_AT_LEAST_ONE',
  'ARGUMENT_REQUIRES_TWO',
  'ARGUMENT_REQUIRES_AT_LEAST_TWO',
  'ARGUMENT_REQUIRES_ONE_OR_THREE',
  'NO_SOURCE_IMAGE',
  'ONBUILD_CHAINING_DISALLOWED',
  'SYNTAX_MISSING_EQUALS',
  'SYNTAX_MISSING_NAMES',
  'SYNTAX_MISSING_SINGLE_QUOTE',
  'SYNTAX_MISSING_DOUBLE_QUOTE',
  'UNKNOWN_INSTRUCTION',
] as const

/** A Dockerfile, by the validator of its language server. */
export async function checkDockerfile(text: string): Promise<Fault[]> {
  if (text.length > MAX_LENGTH || LONGEST_LINE.test(text) || OTHER_FRONT_END.test(text)) return []
  const { validate, ValidationCode } = await import('dockerfile-utils')
  const sure = new Set(SURE.map((name): unknown => ValidationCode[name]))
  return validate(text)
    .filter(({ code }) => sure.has(code))
    .map(({ message, range: { start } }) => ({
      line: start.line + 1,
      column: start.character + 1,
      message: String(message),
    }))
}
