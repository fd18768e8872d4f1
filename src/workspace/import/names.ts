import { caseKey, projectPath } from '../../files/paths.ts'
import { leftOut } from './left-out.ts'
import { MOST_FILES } from './limits.ts'
import { collides, tooManyFiles } from './refusals.ts'

/** The names of what is imported: each good for a path of a project, and none in the way of another. */
export interface Names {
  /**
   * The path of a file, undefined when it is left out.
   * @throws Invalid `bad_path`, `import_collides`, `import_too_many`
   */
  add(name: string): string | undefined
  /** What was left out, and how many files in each. */
  leftOut(): { what: string; files: number }[]
}

export function openNames(): Names {
  const files = new Map<string, string>()
  const folders = new Map<string, string>()
  const without = new Map<string, number>()
  return {
    add(name) {
      const given = name.replace(/^(\.\/)+/, '')
      const what = leftOut(given)
      if (what !== undefined) {
        without.set(what, (without.get(what) ?? 0) + 1)
        return undefined
      }
      const path = projectPath(given)
      const key = caseKey(path)
      const other = files.get(key) ?? folders.get(key)
      if (other !== undefined) throw collides(path, other)
      if (files.size === MOST_FILES) throw tooManyFiles(MOST_FILES)
      files.set(key, path)
      for (const folder of foldersOf(key)) {
        const file = files.get(folder)
        if (file !== undefined) throw collides(path, file)
        folders.set(folder, path)
      }
      return path
    },
    leftOut: () => [...without].map(([what, count]) => ({ what, files: count })),
  }
}

/** The folders that a path lies in, from the inner to the outer. */
function foldersOf(path: string): string[] {
  const folders: string[] = []
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) folders.push(path.slice(0, at))
  return folders
}

/** The one folder that all paths lie in; undefined when there is none. */
export function wrapperOf(paths: string[]): string | undefined {
  const folders = new Set(paths.map((path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined)))
  const [first] = folders
  return folders.size === 1 ? first : undefined
}
