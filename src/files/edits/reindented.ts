import { indentOf } from './indent.ts'
import type { Found } from './locate.ts'

/** Lines of an answer with the file's indentation; undefined where it is not certain for one of them. */
export function reindented(lines: string[], { reindent }: Found): string[] | undefined {
  const made = lines.map((line) => {
    if (line.trim() === '') return line
    const indent = reindent(indentOf(line))
    return indent === undefined ? undefined : indent + line.slice(indentOf(line).length)
  })
  return made.every((line) => line !== undefined) ? made : undefined
}
