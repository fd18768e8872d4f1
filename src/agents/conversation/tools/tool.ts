import type { z } from 'zod'
import type { Tx } from '../../../db/writer.ts'
import type { Blobs } from '../../../files/blobs.ts'
import type { Job } from '../../../jobs/tables.ts'
import type { Tool } from '../../../llm/provider.ts'
import type { Project } from '../../../projects/tables.ts'
import type { TasksDeps } from '../../../projects/tasks.ts'
import type { Judges } from '../../verdict.ts'
import type { Question } from '../tables.ts'

export interface ToolDeps extends TasksDeps, Judges {
  blobs: Blobs
}

/** Where a call is made: all that a tool may touch is this project's. */
export interface Place {
  project: Project
  job: Job
  /** The author of its changes. */
  by: string
  signal: AbortSignal
}

/** What a call comes to: what it has found out; or what it would do, with a question first where it destroys something. */
export type Outcome = string | { asks?: Question | undefined; effect(tx: Tx): Promise<string> }

/**
 * Something that a model can do to a project. `run` only looks; what it changes, it changes in `effect`, in the one transaction
 * that also keeps the call's result. What it throws as a DomainError is told to the model.
 */
export interface ChatTool<Input = never> extends Tool {
  /** What a person reads of a call: `Reads index.html`. `titles` are those of the project's tasks, by id. */
  says(input: Input, titles: ReadonlyMap<string, string>): string
  run(deps: ToolDeps, place: Place, input: Input): Promise<Outcome>
}

/** A tool whose input has the type of its schema. */
export function chatTool<Shape extends z.ZodType>(
  tool: Omit<ChatTool<z.output<Shape>>, 'zod'> & { zod: Shape },
): ChatTool {
  return tool as unknown as ChatTool
}

/** Text cut to what a model can use, at a line, with a word that it was. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most)
  return `${cut.slice(0, Math.max(cut.lastIndexOf('\n'), most / 2))}\n(${text.length - cut.length} more characters left out)`
}
