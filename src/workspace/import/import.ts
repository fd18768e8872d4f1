import type { Changes, Edit } from '../../changes/changes.ts'
import type { Database } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { caseKey } from '../../files/paths.ts'
import { projectById } from '../../projects/projects.ts'
import { FILE } from '../file-entity.ts'
import { filesOf, type ProjectFile } from '../files.ts'
import type { Brought } from './intake.ts'
import { filesInTheWay } from './refusals.ts'

/** Files in the way that an error names. */
const NAMED = 50

/** What becomes of files that are there with other content: without one, nothing is done. */
export const MODES = ['replace', 'keep-both', 'skip'] as const
export type Mode = (typeof MODES)[number]

export interface ImportDeps {
  db: Database
  changes: Changes
}

export interface ImportOrder {
  project: string
  brought: Brought
  mode: Mode | undefined
  by: string
}

export interface Imported {
  /** The change, to be undone; null when everything was there already. */
  change: string | null
  written: number
  /** There already, with the same content. */
  unchanged: number
  /** Left as they are, since they were there with other content. */
  skipped: number
  /** Kept under another name beside what was there. */
  renamed: { from: string; to: string }[]
  leftOut: Brought['leftOut']
}

/**
 * Makes what was brought in the files of a project, as one change.
 * @throws NotFound `unknown_project`; Conflict `import_conflicts`, `path_taken`
 */
export function importFiles(deps: ImportDeps, order: ImportOrder): Promise<Imported> {
  return deps.db.write(async (tx) => {
    await projectById(tx, order.project)
    return importInto(deps, tx, order)
  })
}

/** As `importFiles`, in the caller's transaction. */
export async function importInto({ changes }: ImportDeps, tx: Tx, order: ImportOrder): Promise<Imported> {
  const { project, brought, mode, by } = order
  const plan = planned(await filesOf(tx, project), brought.files, mode)
  const { writes, unchanged, skipped, renamed } = plan
  const told = { written: writes.length, unchanged, skipped, renamed, leftOut: brought.leftOut }
  if (writes.length === 0) return { change: null, ...told }
  const edits = writes.map(editFor)
  const { id } = await changes.apply(tx, { scope: project, by, reason: reasonFor(writes, brought), edits })
  return { change: id, ...told }
}

function editFor({ path, blob: { hash, bytes }, baseVersion }: Write): Edit {
  return { do: 'put', entity: FILE, id: path, state: { hash, bytes }, baseVersion }
}

function reasonFor(writes: Write[], { wrapper }: Brought): string {
  const what = writes.length === 1 ? writes[0]!.path : `${writes.length} files`
  return `Imported ${what}${wrapper === undefined ? '' : ` from ${wrapper}`}`
}

type File = Brought['files'][number]
type Write = File & { baseVersion: number }

interface Plan extends Pick<Imported, 'unchanged' | 'skipped' | 'renamed'> {
  writes: Write[]
}

/** What is to be written. A file whose name differs in case alone from one that is there stands in its way. Pure. */
export function planned(present: ProjectFile[], incoming: File[], mode: Mode | undefined): Plan {
  const there = new Map(present.map((file) => [caseKey(file.path), file]))
  const taken = new Set([...there.keys(), ...incoming.map(({ path }) => caseKey(path))])
  const plan: Plan = { writes: [], unchanged: 0, skipped: 0, renamed: [] }
  const inTheWay: string[] = []
  for (const file of incoming) {
    const old = there.get(caseKey(file.path))
    if (!old) plan.writes.push({ ...file, baseVersion: 0 })
    else if (old.hash === file.blob.hash) plan.unchanged++
    else if (mode === undefined) inTheWay.push(old.path)
    else if (mode === 'skip') plan.skipped++
    else if (mode === 'replace') plan.writes.push({ ...file, path: old.path, baseVersion: old.version })
    else {
      const to = freeName(file.path, taken)
      taken.add(caseKey(to))
      plan.renamed.push({ from: file.path, to })
      plan.writes.push({ ...file, path: to, baseVersion: 0 })
    }
  }
  if (inTheWay.length > 0) throw filesInTheWay(inTheWay, NAMED)
  return plan
}

/** The first of `numbered` that nothing has. */
function freeName(path: string, taken: Set<string>): string {
  for (let number = 2; ; number++) {
    const name = numbered(path, number)
    if (!taken.has(caseKey(name))) return name
  }
}

/** `notes.txt`, 2 -> `notes (2).txt` */
export function numbered(path: string, number: number): string {
  const slash = path.lastIndexOf('/') + 1
  const dot = path.lastIndexOf('.')
  const end = dot > slash ? dot : path.length
  return `${path.slice(0, end)} (${number})${path.slice(end)}`
}
