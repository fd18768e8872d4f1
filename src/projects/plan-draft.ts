import type { TaskKind } from './state.ts'

/** A task of a plan that is still arriving. */
export interface DraftedTask {
  title: string
  kind: TaskKind
  path: string | null
}

/** The tasks that are whole so far in a plan's JSON, which may be cut anywhere. */
export function draftedTasks(json: string): DraftedTask[] {
  const start = json.indexOf('[', json.indexOf('"tasks"'))
  if (start < 0) return []
  return wholeObjects(json, start + 1).flatMap(toTask)
}

/** The texts of the objects in a JSON array from `from` on, as far as they are whole. */
function wholeObjects(json: string, from: number): string[] {
  const found: string[] = []
  let depth = 0
  let begin = from
  for (let at = from; at < json.length; at++) {
    const char = json[at]
    if (char === '"') at = endOfString(json, at)
    else if (char === '{' && depth++ === 0) begin = at
    else if (char === '}' && --depth === 0) found.push(json.slice(begin, at + 1))
    else if (char === ']' && depth === 0) break
  }
  return found
}

/** Where the string that opens at `at` ends; the end of the text when it doesn't. */
function endOfString(json: string, at: number): number {
  for (let end = at + 1; end < json.length; end++) {
    if (json[end] === '\\') end++
    else if (json[end] === '"') return end
  }
  return json.length
}

function toTask(text: string): DraftedTask[] {
  try {
    const { title, kind, path } = JSON.parse(text)
    if (typeof title !== 'string' || !['write', 'render', 'note'].includes(kind)) return []
    return [{ title, kind, path: typeof path === 'string' ? path : null }]
  } catch {
    return [] // what a model is still writing need not be JSON: it is judged when it is whole
  }
}
