import type { Handler } from '../jobs/handler.ts'
import { type CheckerDeps, checkHandler } from './checker.ts'
import { chatHandler } from './conversation/work.ts'
import { planHandler } from './planner.ts'
import { editTasksHandler } from './task-edits/work.ts'
import { type WriterDeps, writeHandler } from './writer.ts'

/** All kinds of jobs in which a model works. */
export function agentHandlers(deps: CheckerDeps & WriterDeps): Handler[] {
  const all = [planHandler(deps), writeHandler(deps), checkHandler(deps), chatHandler(deps), editTasksHandler(deps)]
  return all as Handler[]
}
