import type { Reader } from '../../db/open.ts'
import type { ChangedLine } from '../../files/diff/changed-lines.ts'
import { tasksOf } from '../../projects/tasks.ts'
import { callById } from './decisions.ts'
import { messageById, projectOfConversation } from './messages.ts'
import type { Question, ToolCallRow } from './tables.ts'
import { CHAT_TOOLS } from './tools/all.ts'

/** Most that a list shows of one call's arguments, and of its result, in characters: 200 exchanges of 25 rounds must fit a page. */
const SHOWN_OF_CALL = 4_000
/** Longer arguments are not read for a list, which is made again and again: they are shown as they were written. */
const LONGEST_READ = 200_000
/** Lines of an edit that a list shows. */
const LINES_SHOWN = 200

/** A call of a tool, as pages and the API show it. */
export interface CallView {
  id: string
  tool: string
  says: string
  state: ToolCallRow['state']
  input: string
  /** Of an edit: what goes and what comes. */
  diff: ChangedLine[]
  result: string | null
  question: Question | null
  /** Where all of it is, when not all of it is here. */
  whole: string | null
}

/** A call as a list shows it: cut where it is long. */
export function callView(row: ToolCallRow, titles: ReadonlyMap<string, string>): CallView {
  const all = wholeView(row, titles, LONGEST_READ)
  const cut = {
    ...all,
    input: all.input.slice(0, SHOWN_OF_CALL),
    diff: cutLines(all.diff),
    result: all.result?.slice(0, SHOWN_OF_CALL) ?? null,
  }
  const isWhole = cut.input === all.input && cut.result === all.result && cut.diff === all.diff
  return isWhole ? all : { ...cut, whole: `/api/tool-calls/${row.id}` }
}

/** All of a call. @throws NotFound `unknown_call` */
export async function wholeCall(read: Reader, id: string): Promise<CallView> {
  const row = await callById(read, id)
  const { conversation } = await messageById(read, row.message)
  const tasks = await tasksOf(read, await projectOfConversation(read, conversation))
  return wholeView(row, new Map(tasks.map((task) => [task.id, task.title])))
}

function wholeView(
  row: ToolCallRow,
  titles: ReadonlyMap<string, string>,
  longest = Number.POSITIVE_INFINITY,
): CallView {
  const { id, name, state, input, result, question } = row
  const read = input.length > longest ? undefined : parsed(input)
  const tool = CHAT_TOOLS.find((each) => each.name === name)
  const checked = tool?.zod.safeParse(read)
  return {
    id,
    tool: name,
    says: tool && checked?.success ? tool.says(checked.data as never, titles) : `Calls ${name.slice(0, 80)}`,
    state,
    input: read === undefined ? input : JSON.stringify(read, null, 2),
    diff: checked?.success ? diffOf(checked.data) : [],
    result,
    question,
    whole: null,
  }
}

/** Of the blocks of an edit: what goes, and what comes. */
function diffOf(input: unknown): ChangedLine[] {
  const { blocks } = input as { blocks?: { search: string; replace: string }[] }
  return (blocks ?? []).flatMap(({ search, replace }) => [
    ...search.split('\n').map((text) => ({ sign: '-' as const, text })),
    ...replace.split('\n').map((text) => ({ sign: '+' as const, text })),
  ])
}

function cutLines(lines: ChangedLine[]): ChangedLine[] {
  let room = SHOWN_OF_CALL
  const fit = lines.findIndex(({ text }, at) => {
    room -= text.length + 1
    return room < 0 || at >= LINES_SHOWN
  })
  if (fit < 0) return lines
  const { sign, text } = lines[fit]!
  const begun = { sign, text: text.slice(0, Math.max(0, room + text.length)) }
  return [...lines.slice(0, fit), begun, { sign: '…', text: 'and so on' }]
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input || '{}')
  } catch {
    return undefined // shown as it was written
  }
}
