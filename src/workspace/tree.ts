import { and, asc, eq, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { projectById } from '../projects/projects.ts'
import type { ProjectFile } from './files.ts'
import { filesOf } from './files.ts'
import { files, fileVersions } from './tables.ts'
import { fileUrl, historyUrl, treeUrl } from './urls.ts'
import { type Author, authorsOf } from './versions/authors.ts'

/** Files and folders that are drawn in one page: of what would be more the innermost folders are links. */
const MOST_SHOWN = 1_000
/** The same where the tree stands beside a file. */
const MOST_BESIDE = 300
/** Removed files that are listed. */
const MOST_REMOVED = 200

export interface TreeFile {
  name: string
  path: string
  url: string
  historyUrl: string
  language: string
  bytes: number
  version: number
  author: Author | null
}

/** A folder with what lies in it. */
export interface TreeFolder {
  name: string
  path: string
  /** The tree of this folder alone. */
  url: string
  bytes: number
  count: number
  folders: TreeFolder[]
  files: TreeFile[]
  /** Whether what lies in it is not drawn here. */
  isShut: boolean
}

export interface TreePage {
  project: { id: string; title: string }
  query: string
  tree: TreeFolder
  removed: { path: string; url: string; at: number; author: Author | null }[]
}

/** A project's files as a tree, those whose path holds `query` if that is given. @throws NotFound `unknown_project` */
export async function treePage(read: Reader, id: string, query = ''): Promise<TreePage> {
  const project = await projectById(read, id)
  const wanted = query.normalize('NFC').toLowerCase()
  const all = (await filesOf(read, project.id)).filter(({ path }) => path.toLowerCase().includes(wanted))
  const removed = await removedFiles(read, project.id, wanted)
  const tree = treeOf(project.id, all)
  shutWhatIsTooMuch(tree)
  await nameAuthors(read, project.id, tree)
  return { project: { id: project.id, title: project.title }, query, tree, removed }
}

/** The tree as it stands beside one of its files: its folders are there, whatever else is too much. */
export function treeBeside(project: string, all: readonly ProjectFile[], open: string): TreeFolder {
  const tree = treeOf(project, all)
  shutWhatIsTooMuch(tree, MOST_BESIDE, open)
  return tree
}

/** Files by their folders; folders and files by name. */
export function treeOf(project: string, all: readonly ProjectFile[]): TreeFolder {
  const root = emptyFolder(project, '', '')
  for (const file of all) {
    const names = file.path.split('/')
    let folder = root
    weigh(folder, file)
    for (const name of names.slice(0, -1)) {
      const path = folder.path + name
      const next = folder.folders.find((each) => each.name === name) ?? emptyFolder(project, name, `${path}/`)
      if (next.count === 0) folder.folders.push(next)
      folder = next
      weigh(folder, file)
    }
    folder.files.push(fileIn(file, names.at(-1)!))
  }
  return root
}

function weigh(folder: TreeFolder, { bytes }: ProjectFile): void {
  folder.count++
  folder.bytes += bytes
}

function emptyFolder(project: string, name: string, path: string): TreeFolder {
  return { name, path, url: treeUrl(project, path), bytes: 0, count: 0, folders: [], files: [], isShut: false }
}

function fileIn({ project, path, language, bytes, version }: ProjectFile, name: string): TreeFile {
  const urls = { url: fileUrl(project, path), historyUrl: historyUrl('versions', project, path) }
  return { name, path, ...urls, language, bytes, version, author: null }
}

/** From the top down, as long as there is room: a folder that would be too much is shut, and a link to its own tree. */
function shutWhatIsTooMuch(root: TreeFolder, most = MOST_SHOWN, open = ''): void {
  let room = most
  for (let level = [root]; level.length > 0; level = level.flatMap(({ folders, isShut }) => (isShut ? [] : folders)))
    for (const folder of level) {
      const size = folder.folders.length + folder.files.length
      folder.isShut = size > room && !open.startsWith(folder.path) && folder !== root
      if (!folder.isShut) room -= size
    }
  for (
    let folder: TreeFolder | undefined = root;
    folder;
    folder = folder.folders.find(({ path }) => open.startsWith(path))
  )
    folder.files = someOf(folder, most, open)
}

/** Of very many files in one folder, the first, and the one that is shown. */
function someOf({ files }: TreeFolder, most: number, open: string): TreeFile[] {
  return files.length <= most ? files : files.filter(({ path }, at) => at < most || path === open)
}

async function nameAuthors(read: Reader, project: string, root: TreeFolder): Promise<void> {
  const shown: TreeFile[] = []
  for (let level = [root]; level.length > 0; level = level.flatMap(({ folders, isShut }) => (isShut ? [] : folders)))
    shown.push(...level.flatMap(({ files, isShut }) => (isShut ? [] : files)))
  const changes = await changesOf(
    read,
    project,
    shown.map(({ path }) => path),
  )
  const authors = await authorsOf(read, [...changes.values()])
  for (const file of shown) file.author = authors.get(changes.get(file.path) ?? '') ?? null
}

/** The change that wrote the present version of each file. */
async function changesOf(read: Reader, project: string, paths: string[]): Promise<Map<string, string>> {
  const named = sql`${files.path} IN (SELECT value FROM json_each(${JSON.stringify(paths)}))`
  const rows = await read
    .select({ path: files.path, change: fileVersions.change })
    .from(files)
    .innerJoin(
      fileVersions,
      and(
        eq(fileVersions.project, files.project),
        eq(fileVersions.path, files.path),
        eq(fileVersions.version, files.version),
      ),
    )
    .where(and(eq(files.project, project), named))
  return new Map(rows.map(({ path, change }) => [path, change]))
}

async function removedFiles(read: Reader, project: string, wanted: string): Promise<TreePage['removed']> {
  const change = sql<string | null>`(SELECT change_id FROM operations
    WHERE operations.scope = files.project_id AND operations.entity = 'file' AND operations.entity_id = files.path
    ORDER BY operations.version DESC LIMIT 1)`
  const rows = await read
    .select({ path: files.path, at: files.updatedAt, change })
    .from(files)
    .where(and(eq(files.project, project), eq(files.deleted, true)))
    .orderBy(asc(files.path))
  const fit = rows.filter(({ path }) => path.toLowerCase().includes(wanted)).slice(0, MOST_REMOVED)
  const authors = await authorsOf(
    read,
    fit.flatMap(({ change }) => change ?? []),
  )
  return fit.map(({ path, at, change }) => ({
    path,
    url: historyUrl('versions', project, path),
    at,
    author: authors.get(change ?? '') ?? null,
  }))
}
