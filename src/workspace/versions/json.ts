import { diffTexts } from '../../files/diff/diff.ts'
import { hunksOf } from '../../files/diff/hunks.ts'
import { blamePage, comparedSides, type DiffQuery, type PagesDeps, type VersionsPage } from './pages.ts'
import type { FileVersion } from './versions.ts'

/** Lines that stay around those that change, where all are asked for. */
const ALL = Number.POSITIVE_INFINITY

/** A page of versions as the API gives it. */
export function versionsJson({ versions, older }: VersionsPage) {
  return {
    items: versions.map(({ isNewest: _, counts, ...version }) => ({ ...versionJson(version), counts })),
    nextCursor: older === null ? null : String(older),
  }
}

/** What differs between two versions. @throws NotFound `unknown_project`, `unknown_file` */
export async function diffJson(deps: PagesDeps, id: string, path: string, asked: DiffQuery) {
  const { query, before, after } = await comparedSides(deps, id, path, asked)
  const { from, to, context } = query
  const none = { path, from, to, added: 0, removed: 0, coarse: false, hunks: null, skipped: 0, left: 0 }
  if (before?.text === null || after?.text === null) return none
  const diff = diffTexts(before?.text ?? '', after?.text ?? '', { ignoreSpace: query.space === 'ignore' })
  const { hunks, skipped, left } = hunksOf(diff, context === 'all' ? ALL : context)
  const { added, removed, coarse } = diff
  return {
    ...none,
    added,
    removed,
    coarse,
    hunks: hunks.map(({ rows, ...hunk }) => ({
      ...hunk,
      rows: rows.map(({ sign, old, young, text, end, marks }) => ({ sign, old, new: young, text, end, marks })),
    })),
    skipped,
    left,
  }
}

/** Which version brought each line. @throws NotFound `unknown_project`, `unknown_file` */
export async function blameJson(deps: PagesDeps, id: string, path: string, number?: number) {
  const { version, groups, since } = await blamePage(deps, id, path, number)
  return {
    path,
    version: version.version,
    lines: groups?.reduce((sum, { lines }) => sum + lines.length, 0) ?? 0,
    since,
    groups:
      groups?.map(({ author, from, lines }) => ({
        from,
        lines: lines.length,
        author: author && versionJson(author),
      })) ?? null,
  }
}

function versionJson({ hash: _, ...version }: FileVersion) {
  return version
}
