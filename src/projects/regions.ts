import { renderView } from '../web/views.ts'
import type { ProjectPage } from './page.ts'
import type { TaskNode } from './task-tree.ts'

/** The parts of a project's page that are rendered whole when they change. */
const WHOLE = [
  'head',
  'news',
  'pulse',
  'asks',
  'cost',
  'preview',
  'live',
  'pictures',
  'check',
  'files',
  'changes',
] as const

const TREE = 'tree'

/** A part of the page, by the id of its element. It is sent again when `sign` is another than before. */
export interface Region {
  id: string
  sign: string
  html: string
  /** The region that holds this one: when that is sent, this is in it. */
  within?: string
}

/**
 * The page's regions as they are now. The tree is sent whole only when its shape or count changes; each task's line is a
 * region of its own, so that a step of one picture does not send the tree.
 */
export function regionsOf(page: ProjectPage): Region[] {
  const rows = allTasks(page.tree).map((task) =>
    region(`task-${task.id}-row`, renderView('projects/_row', { project: page.project, task }), TREE),
  )
  const tree = { id: TREE, sign: shapeOf(page), html: renderView('projects/_tree', page) }
  const side = region(
    'side-projects',
    renderView('projects/_side_list', { projects: page.side, current: page.project.id }),
  )
  return [
    ...WHOLE.map((name) => region(name, renderView(`projects/_${name}`, page))),
    tree,
    side,
    ...rows,
    ...page.asides.flatMap(({ regions }) => regions),
  ]
}

/** What has to be sent so that a page that shows `before` shows `now`. */
export function changedRegions(before: Region[], now: Region[]): Region[] {
  const known = new Map(before.map(({ id, sign }) => [id, sign]))
  const changed = now.filter(({ id, sign }) => known.get(id) !== sign)
  const going = new Set(changed.map(({ id }) => id))
  const isHeld = ({ within }: Region): boolean =>
    within !== undefined && (going.has(within) || isHeld(heldBy(now, within)))
  return changed.filter((region) => !isHeld(region))
}

function heldBy(regions: Region[], id: string): Region {
  return regions.find((region) => region.id === id)!
}

/** The message that brings regions to a page. */
export function partialsOf(regions: Region[]): string {
  const partials = regions.map(
    ({ id, html }) => `<hx-partial hx-target="#${id}" hx-swap="outerMorph">${html}</hx-partial>`,
  )
  return partials.join('\n')
}

function region(id: string, html: string, within?: string): Region {
  return { id, sign: html, html, ...(within === undefined ? {} : { within }) }
}

function shapeOf({ project, tree, drafted }: ProjectPage): string {
  return JSON.stringify([
    project.status,
    project.done,
    drafted.length,
    allTasks(tree).map(({ id, children }) => [id, children.length]),
  ])
}

function allTasks(tree: TaskNode[]): TaskNode[] {
  return tree.flatMap((task) => [task, ...allTasks(task.children)])
}
