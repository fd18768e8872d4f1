import type { Reader } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import type { Impact } from '../../files/impact/impact.ts'
import type { Finding } from '../../files/scan/finding.ts'
import { freshFindings } from '../../files/scan/policy.ts'
import { scan } from '../../files/scan/scan.ts'
import { filesOf } from '../files.ts'
import { fileUrl } from '../urls.ts'
import { brokenBy, type Edited } from './broken.ts'

/** Longest text that is looked through for a page, in characters. */
const LONGEST_SCANNED = 500_000
/** Places that are named of one thing, and findings of one file. */
const PLACES = 4
const FINDINGS = 20

/** What an edit takes away, as a page says it: “removes the id `menu`, which page.js line 3 still uses”. */
export interface BrokenView {
  /** `the id `, or nothing for what is exported. */
  what: string
  name: string
  uses: { words: string; url: string | null }[]
  /** How many more places there are. */
  more: number
}

/** What a text has that the one before had not. */
export interface FindingView extends Pick<Finding, 'severity' | 'line' | 'reason' | 'excerpt'> {
  url: string | null
}

/** What stands beside a diff of one file. */
export interface Effects {
  broken: BrokenView[]
  findings: FindingView[]
  moreFindings: number
  /** Only some of the project's files were looked at. */
  isPartial: boolean
}

export const NO_EFFECTS: Effects = { broken: [], findings: [], moreFindings: 0, isPartial: false }

/** An edit of a text, with the page of the new text where it has one. */
export interface ShownEdit extends Edited {
  url: string | null
  /** What it takes away is told only while it is what is there. */
  isPresent: boolean
}

type Content = { text: string | null } | null

/** An edit between two sides of a diff; none where the new one is there, but no text. */
export function shownEdits(
  path: string,
  before: Content,
  after: Content,
  { url, isPresent }: Pick<ShownEdit, 'url' | 'isPresent'>,
): ShownEdit[] {
  if (after?.text === null) return []
  const was = after === null && before !== null ? (before.text ?? '') : (before?.text ?? undefined)
  return [{ path, text: after?.text, before: was, url, isPresent }]
}

/** What edits that belong together mean for the files around them, and what is found in them, by path. */
export async function effectsOf(
  deps: { read: Reader; blobs: Blobs },
  project: string,
  edits: readonly ShownEdit[],
): Promise<ReadonlyMap<string, Effects>> {
  const present = edits.filter(({ isPresent }) => isPresent)
  const { broken, isWhole } = await brokenBy(deps, present, () => filesOf(deps.read, project))
  const urls = new Map(edits.map(({ path, url }) => [path, url]))
  const pageOf = (path: string) => (urls.has(path) ? urls.get(path)! : fileUrl(project, path))
  return new Map(
    edits.map((edit) => {
      const own = broken.filter(({ path }) => path === edit.path).map((each) => brokenView(each, pageOf))
      return [edit.path, { broken: own, isPartial: !isWhole && edit.isPresent, ...findingsOf(edit) }]
    }),
  )
}

const WHAT: Readonly<Record<Impact['kind'], string>> = {
  export: '',
  route: 'the route ',
  id: 'the id ',
  class: 'the class ',
  property: 'the property ',
  file: 'the file ',
}

function brokenView({ kind, name, uses }: Impact, pageOf: (path: string) => string | null): BrokenView {
  const places = uses.slice(0, PLACES).map(({ path, line }) => {
    const page = pageOf(path)
    return { words: `${path} line ${line}`, url: page && `${page}#L${line}` }
  })
  return { what: WHAT[kind], name, uses: places, more: uses.length - places.length }
}

function findingsOf({ path, text, before, url }: ShownEdit): Pick<Effects, 'findings' | 'moreFindings'> {
  if (text === undefined || text.length > LONGEST_SCANNED) return { findings: [], moreFindings: 0 }
  const after = scan(path, text)
  const fresh = after.length === 0 || before === undefined ? after : freshFindings(after, scan(path, before))
  const findings = fresh.slice(0, FINDINGS).map(({ severity, line, reason, excerpt }) => ({
    severity,
    line,
    reason,
    excerpt,
    url: url && `${url}#L${line}`,
  }))
  return { findings, moreFindings: fresh.length - findings.length }
}
