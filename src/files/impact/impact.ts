import { type Name, namesOf } from './names.ts'
import { type Texts, type Use, usesOfExport, usesOfFile, usesOfName } from './uses.ts'

/** Something that an edit takes away and that others refer to. */
export interface Impact {
  kind: Name['kind'] | 'file'
  name: string
  /** The file that had it. */
  path: string
  /** Who refers to it, where. */
  uses: Use[]
}

/** Most that is told of one edit, and most places of each. */
const MOST = 40
const MOST_USES = 12

/**
 * What an edit takes away or renames that other files, as they are after it, still refer to: exported names, routes, ids,
 * classes, custom properties, files. Both maps hold the texts of the whole project by path. An export must stay where it was;
 * all else may move to another file. Names are told by their form, without types: what is built at run time is not seen.
 */
export function impactOf(before: Texts, after: Texts, mayUse: MayUse = () => true): Impact[] {
  const still = new Set<string>()
  const gone = lostNames(before, after)
  if (gone.some(({ kind }) => kind !== 'export'))
    for (const [path, text] of after) for (const name of namesOf(path, text)) still.add(keyOf(name, path))
  const found: Impact[] = []
  for (const each of gone) {
    if (found.length === MOST) break
    if (each.kind !== 'export' && still.has(keyOf(each, each.path))) continue
    const uses = [...after].flatMap(([path, text]) =>
      (path === each.path && each.kind === 'export') || !mayUse(each, path) ? [] : usesOf(each, path, text),
    )
    if (uses.length > 0) found.push({ ...each, uses: distinct(uses) })
  }
  return [...found, ...removedFiles(before, after)].slice(0, MOST)
}

/** A name that a file no longer gives to others. */
export type LostName = Name & { path: string }

/** Whether it is worth a look if a file refers to a name: false is sure. */
export type MayUse = (name: LostName, path: string) => boolean

/** The names that an edit takes out of files, whoever refers to them. */
export function lostNames(before: Texts, after: Texts): LostName[] {
  return [...before]
    .filter(([path, text]) => after.get(path) !== text)
    .flatMap(([path, text]) => lost(path, text, after.get(path)))
}

function usesOf(name: LostName, path: string, text: string): Use[] {
  return name.kind === 'export' ? usesOfExport(path, text, name.name, name.path) : usesOfName(path, text, name)
}

/** A class of a sheet is another thing than one of a page: a page without its rules is as broken as a script without its page. */
function keyOf({ kind, name }: Name, path: string): string {
  return kind === 'class' ? `${/\.(?:css|scss|less)$/.test(path) ? 'rule' : 'mark'} ${name}` : `${kind} ${name}`
}

function lost(path: string, before: string, after: string | undefined): LostName[] {
  if (after === undefined)
    return namesOf(path, before)
      .filter(({ kind }) => kind !== 'export')
      .map((name) => ({ ...name, path }))
  const kept = new Set(namesOf(path, after).map(({ kind, name }) => `${kind} ${name}`))
  return namesOf(path, before)
    .filter(({ kind, name }) => !kept.has(`${kind} ${name}`))
    .map((name) => ({ ...name, path }))
}

function removedFiles(before: Texts, after: Texts): Impact[] {
  return [...before.keys()]
    .filter((path) => !after.has(path))
    .flatMap((gone) => {
      const uses = [...after].flatMap(([path, text]) => usesOfFile(path, text, gone))
      return uses.length > 0 ? [{ kind: 'file' as const, name: gone, path: gone, uses: distinct(uses) }] : []
    })
}

function distinct(uses: Use[]): Use[] {
  return [...new Map(uses.map((use) => [`${use.path}:${use.line}`, use])).values()].slice(0, MOST_USES)
}
