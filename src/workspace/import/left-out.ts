/** Folders that belong to a tool and not to the project: the whole of each is left out. */
const FOLDERS = new Set([
  '.git',
  '.hg',
  '.svn',
  '.jj',
  'node_modules',
  '__macosx',
  '__pycache__',
  '.venv',
  '.mypy_cache',
  '.pytest_cache',
  '.hearth',
])
/** What desktops leave in folders. */
const LITTER = /^(\.ds_store|thumbs\.db|desktop\.ini|\._.*)$/

/** The folder or file because of which a path is left out of an import, as it is told; undefined when it isn't. */
export function leftOut(path: string): string | undefined {
  const segments = path.split('/')
  const at = segments.findIndex((segment) => FOLDERS.has(segment.toLowerCase()))
  if (at >= 0 && (at < segments.length - 1 || segments[at]!.toLowerCase() === '.git')) return `${segments[at]}/`
  return LITTER.test(segments.at(-1)!.toLowerCase()) ? segments.at(-1)! : undefined
}
