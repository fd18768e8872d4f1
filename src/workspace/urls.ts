import { NotFound } from '../errors.ts'

/** The page that shows a file. */
export function fileUrl(project: string, path: string): string {
  return `/projects/${encodeURIComponent(project)}/files/${encodePath(path)}`
}

/** The page on which a file is edited. */
export function editUrl(project: string, path: string): string {
  return `/projects/${encodeURIComponent(project)}/edit/${encodePath(path)}`
}

/** The page of a project's history. */
export function changesUrl(project: string): string {
  return `/projects/${encodeURIComponent(project)}/history`
}

/** The bytes of a file. */
export function rawUrl(project: string, path: string): string {
  return `/api/projects/${encodeURIComponent(project)}/files/${encodePath(path)}`
}

/** The page of all files of a project, or of those whose paths hold a text. */
export function treeUrl(project: string, query = ''): string {
  const page = `/projects/${encodeURIComponent(project)}/files`
  return query ? `${page}?q=${encodeURIComponent(query)}` : page
}

/** The page of what is known of a file through its versions: all of them, what differs between two, who wrote which line. */
export function historyUrl(noun: 'versions' | 'diff' | 'blame', project: string, path: string): string {
  return `/projects/${encodeURIComponent(project)}/${noun}/${encodePath(path)}`
}

/** A path inside a project as part of a URL. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** The path that a URL's rest names; `undefined` when it is not well encoded. It is a name to look up, never to open. */
export function decodePath(rest: string): string | undefined {
  try {
    return decodeURIComponent(rest)
  } catch {
    return undefined // broken percent-encoding names nothing
  }
}

/** The path that a URL's rest names. @throws NotFound `unknown_file` */
export function pathIn(rest: string): string {
  const path = decodePath(rest)
  if (path === undefined) throw new NotFound('file', rest)
  return path
}

/** What no name of a download may hold: controls, half characters, quotes, and marks that turn the text around an ending. */
const UNFIT = /[\p{Cc}\p{Cs}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069"]/gu

/** `Content-Disposition` with the name in both forms: plain for old readers, UTF-8 for the others. */
export function disposition(kind: 'inline' | 'attachment', path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(UNFIT, '_')
  const plain = name.replace(/[^\x20-\x7E]|["\\%]/g, '_')
  const full = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${plain}"; filename*=UTF-8''${full}`
}
