import { CHECKING } from './check.ts'
import { DELETING, EDITING, WRITING } from './edit.ts'
import { LISTING, READING, SEARCHING } from './look.ts'
import { HISTORY, UNDOING } from './project.ts'
import { TASK_TOOLS } from './tasks.ts'
import type { ChatTool } from './tool.ts'

/** All that a model can do to a project in a conversation. */
export const CHAT_TOOLS: ChatTool[] = [
  LISTING,
  SEARCHING,
  READING,
  EDITING,
  WRITING,
  DELETING,
  ...TASK_TOOLS,
  CHECKING,
  HISTORY,
  UNDOING,
]

/** @throws Error on a name that no tool has */
export function toolCalled(name: string): ChatTool {
  const tool = CHAT_TOOLS.find((each) => each.name === name)
  if (!tool) throw new Error(`There is no tool “${name}”.`)
  return tool
}
