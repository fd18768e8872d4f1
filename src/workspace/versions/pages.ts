import type { Reader } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import { projectById } from '../../projects/projects.ts'
import { sideOf } from '../diff/side.ts'
import { type DiffView, diffView, type Part, partOfDiff, type Side } from '../diff/view.ts'
import { type Effects, effectsOf, NO_EFFECTS, shownEdits } from '../effects/effects.ts'
import { type Highlighter, PLAIN } from '../highlight/highlighter.ts'
import { paintLine } from '../highlight/paint.ts'
import { fileUrl, historyUrl } from '../urls.ts'
import type { Lineage, LineCounts } from './lineage.ts'
import { contentOf, type FileVersion, versionCalled, versionsOf } from './versions.ts'

/** Versions in one page. */
const PAGE = 50

export interface PagesDeps {
  read: Reader
  blobs: Blobs
  highlighter: Highlighter
  lineage: Lineage
}

export interface ProjectWord {
  id: string
  title: string
}

/** A version as its list shows it. */
export interface VersionRow extends FileVersion {
  counts: LineCounts | null
  isNewest: boolean
}

export interface VersionsPage {
  project: ProjectWord
  path: string
  /** The newest first. */
  versions: VersionRow[]
  newest: number
  /** The number to go on from, for the page of older ones. */
  older: number | null
}

/** The versions of a file, at most a page of them, those before `before` if that is given. @throws NotFound `unknown_project`, `unknown_file` */
export async function versionsPage(deps: PagesDeps, id: string, path: string, before?: number): Promise<VersionsPage> {
  const project = await wordOf(deps.read, id)
  const all = await versionsOf(deps.read, project.id, path)
  const fit = before === undefined ? all : all.filter(({ version }) => version < before)
  const shown = fit.slice(-PAGE)
  const counts = await deps.lineage.counts({ project: project.id, path }, all, shown)
  const newest = all.at(-1)!.version
  return {
    project,
    path,
    versions: shown
      .toReversed()
      .map((each) => ({ ...each, counts: counts.get(each.version) ?? null, isNewest: each.version === newest })),
    newest,
    older: fit.length > shown.length ? shown[0]!.version : null,
  }
}

export interface DiffQuery {
  /** 0: nothing, as before the first version. Without, the version before `to`. */
  from?: number | undefined
  /** Without, the newest. */
  to?: number | undefined
  view: 'split' | 'inline'
  context: number | 'all'
  space: 'show' | 'ignore'
}

export interface DiffPage {
  project: ProjectWord
  path: string
  query: DiffQuery & { from: number; to: number }
  versions: FileVersion[]
  diff: DiffView
  effects: Effects
}

/** What differs between two versions of a file. @throws NotFound `unknown_project`, `unknown_file` */
export async function diffPage(deps: PagesDeps, id: string, path: string, asked: DiffQuery): Promise<DiffPage> {
  const { project, versions, query, before, after } = await comparedSides(deps, id, path, asked)
  const page = historyUrl('diff', project.id, path)
  const whole = new URLSearchParams({ ...asWords(query), context: 'all' })
  const diff = await diffView(deps.highlighter, path, before, after, {
    view: query.view,
    around: query.context === 'all' ? Number.POSITIVE_INFINITY : query.context,
    ignoreSpace: query.space === 'ignore',
    more: {
      page: `${page}?${whole}`,
      part: (from, to) => `${page}?${new URLSearchParams({ ...asWords(query), lines: `${from}-${to}` })}`,
    },
  })
  const edits = shownEdits(path, before, after, {
    url: `${fileUrl(project.id, path)}?version=${query.to}`,
    isPresent: query.to === versions.at(-1)!.version,
  })
  const effects = (await effectsOf(deps, project.id, edits)).get(path) ?? NO_EFFECTS
  return { project, path, query, versions: versions.toReversed(), diff, effects }
}

/** Lines that a diff left out. @throws NotFound `unknown_project`, `unknown_file` */
export async function diffPart(
  deps: PagesDeps,
  id: string,
  path: string,
  { from, to, ...asked }: DiffQuery & { lines: [number, number] },
): Promise<{ parts: Part[]; view: 'split' | 'inline'; before: Side | null; after: Side | null }> {
  const { query, before, after } = await comparedSides(deps, id, path, { from, to, ...asked })
  const [first, last] = asked.lines
  const ignoreSpace = query.space === 'ignore'
  return partOfDiff(deps.highlighter, path, before, after, { from: first, to: last, view: query.view, ignoreSpace })
}

/** A run of lines that the same version brought. */
export interface BlamedLines {
  author: FileVersion | null
  from: number
  /** Safe. */
  lines: string[]
}

export interface BlamePage {
  project: ProjectWord
  path: string
  version: FileVersion
  newest: number
  /** Null when it can't be told. */
  groups: BlamedLines[] | null
  /** What was before this version is not looked at. */
  since: number | null
}

/** Who first wrote each line of a version, the newest if none is named. @throws NotFound `unknown_project`, `unknown_file` */
export async function blamePage(deps: PagesDeps, id: string, path: string, number?: number): Promise<BlamePage> {
  const project = await wordOf(deps.read, id)
  const versions = await versionsOf(deps.read, project.id, path)
  const newest = versions.findLast(({ hash }) => hash !== null)!.version
  const version = versionCalled(versions, path, number ?? newest)
  const blame = await deps.lineage.blame({ project: project.id, path }, versions, version)
  if (!blame) return { project, path, version, newest, groups: null, since: null }
  const lines = blame.lines.map((line) => line.replace(/\r?\n$/, ''))
  const file = contentOf(project.id, path, version)
  const colours = file ? await deps.highlighter.colours(file.language, file.hash, lines) : PLAIN
  const drawn = lines.map((line, at) => paintLine(line, colours.of(at)))
  return { project, path, version, newest, groups: groupsOf(versions, blame.origins, drawn), since: blame.since }
}

function groupsOf(versions: readonly FileVersion[], origins: Int32Array, lines: string[]): BlamedLines[] {
  const groups: BlamedLines[] = []
  origins.forEach((origin, at) => {
    if (at > 0 && origins[at - 1] === origin) {
      groups.at(-1)!.lines.push(lines[at]!)
      return
    }
    const author = versions.find(({ version }) => version === origin) ?? null
    groups.push({ author, from: at + 1, lines: [lines[at]!] })
  })
  return groups
}

/** Two versions, ready to be compared. @throws NotFound `unknown_project`, `unknown_file` */
export async function comparedSides(deps: PagesDeps, id: string, path: string, asked: DiffQuery) {
  const project = await wordOf(deps.read, id)
  const versions = await versionsOf(deps.read, project.id, path)
  const to = versionCalled(versions, path, asked.to ?? versions.at(-1)!.version)
  const from = asked.from ?? versions[versions.indexOf(to) - 1]?.version ?? 0
  const before = from === 0 ? undefined : versionCalled(versions, path, from)
  const side = async (each: FileVersion | undefined) => {
    const content = contentOf(project.id, path, each)
    return content && sideOf(deps, content)
  }
  return {
    project,
    versions,
    query: { ...asked, from, to: to.version },
    before: await side(before),
    after: await side(to),
  }
}

function asWords({ from, to, view, space }: DiffPage['query']): Record<string, string> {
  return { from: `${from}`, to: `${to}`, view, space }
}

async function wordOf(read: Reader, id: string): Promise<ProjectWord> {
  const { id: project, title } = await projectById(read, id)
  return { id: project, title }
}
