import { clip } from './words.ts'

/** The plan as a planner model answers it. */
export interface DemoPlan {
  title: string
  summary: string
  tasks: DemoTask[]
}

export interface DemoTask {
  id: string
  parent: string | null
  title: string
  kind: 'write' | 'render' | 'note'
  path: string | null
  prompt: string | null
  width: number | null
  height: number | null
  dependsOn: string[]
  /** Added last, from the files themselves; empty lists are left out. */
  contract?: DemoContract | null
}

export interface DemoContract {
  exports?: string[]
  needs?: { from: string; names: string[] }[]
  links?: string[]
  pictures?: { path: string; place: string }[]
}

/** What each kind of project gives: its plan, and the text of each file that the plan writes. */
export interface DemoContent {
  plan: DemoPlan
  files: Map<string, string>
}

const TITLE_LENGTH = 80
const PROMPT_LENGTH = 600

/** A group in the tree: a note with children. */
export function group(id: string, title: string): DemoTask {
  return { ...EMPTY, id, title: clip(title, TITLE_LENGTH) }
}

/** A file to write: `title` is what people call it, `path` is where it goes. */
export function write(
  [id, parent]: [id: string, parent: string],
  title: string,
  path: string,
  prompt: string,
  dependsOn: string[] = [],
): DemoTask {
  return {
    ...EMPTY,
    id,
    parent,
    title: clip(title, TITLE_LENGTH),
    kind: 'write',
    path,
    prompt: clip(prompt, PROMPT_LENGTH),
    dependsOn,
  }
}

export interface PictureTask {
  id: string
  path: string
  title: string
  prompt: string
  width: number
  height: number
}

export function render(picture: PictureTask, parent: string): DemoTask {
  const { id, path, width, height } = picture
  const title = clip(picture.title, TITLE_LENGTH)
  return {
    ...EMPTY,
    id,
    parent,
    title,
    kind: 'render',
    path,
    prompt: clip(picture.prompt, PROMPT_LENGTH),
    width,
    height,
  }
}

const EMPTY = {
  parent: null,
  kind: 'note' as const,
  path: null,
  prompt: null,
  width: null,
  height: null,
  dependsOn: [] as string[],
}
