import type { TaskKind } from './state.ts'

/** Most tasks that are shown of a plan that arrives: no plan may have more, and the text is read again with each look. */
const MOST = 200

/** A task of a plan that is still arriving. */
export interface DraftedTask {
  title: string
  kind: TaskKind
  path: string | null
}

/** What a planner has made so far: the text of its present pass, and what it remembers of those before. */
export interface PlanDraft {
  text: string
  data: Record<string, unknown>
}

/** The tasks that are whole so far in a plan's JSON, which may be cut anywhere; before there is one, the parts of its outline. */
export function draftedTasks({ text, data }: PlanDraft): DraftedTask[] {
  const tasks = listIn(text, 'tasks').flatMap(toTask)
  if (tasks.length > 0) return tasks
  const parts = listIn(text, 'parts').flatMap(toPart)
  return parts.length > 0 || !Array.isArray(data.parts) ? parts : data.parts.flatMap((part) => partOf(part))
}

/** The texts of the whole objects in the list of this name. */
function listIn(json: string, name: string): string[] {
  const named = json.indexOf(`"${name}"`)
  const start = named < 0 ? -1 : json.indexOf('[', named)
  return start < 0 ? [] : wholeObjects(json, start + 1)
}

/** The texts of the objects in a JSON array from `from` on, as far as they are whole. */
function wholeObjects(json: string, from: number): string[] {
  const found: string[] = []
  let depth = 0
  let begin = from
  for (let at = from; at < json.length && found.length < MOST; at++) {
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
  const { title, kind, path } = parsed(text)
  if (typeof title !== 'string' || !isKind(kind)) return []
  return [{ title, kind, path: typeof path === 'string' ? path : null }]
}

function toPart(text: string): DraftedTask[] {
  return partOf(parsed(text))
}

function partOf(part: unknown): DraftedTask[] {
  const { title } = (part ?? {}) as { title?: unknown }
  return typeof title === 'string' ? [{ title, kind: 'note', path: null }] : []
}

function isKind(kind: unknown): kind is TaskKind {
  return kind === 'write' || kind === 'render' || kind === 'note'
}

/** What a model is still writing need not be JSON: it is judged when it is whole. */
function parsed(text: string): { title?: unknown; kind?: unknown; path?: unknown } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}
