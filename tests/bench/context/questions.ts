import { sectionsOf, sourceChanges } from './changelog.ts'
import { type Release, release } from './packages.ts'

/** "Which file must change": asked of one release, answered by the next. */
export interface Question {
  /** What is to be done, in the words of the changelog. */
  text: string
  /** The source files of the older release. */
  files: { path: string; text: string }[]
  /** Those that differ in the newer one. */
  answer: string[]
}

/** A package, and where its sources are. */
export interface Repository {
  name: string
  sources: RegExp
  /** Where they are in releases that have none there. */
  orElse?: RegExp
  not?: RegExp
}

export interface Step {
  from: string
  to: string
}

const MOST_CHANGED = 3

/** What a step from a release to the next asks; undefined when it is no question by the rule. */
export async function questionOf(
  repository: Repository,
  { from, to }: Step,
  mostChanges = 1,
): Promise<Question | undefined> {
  const [older, newer] = [await release(`${repository.name}@${from}`), await release(`${repository.name}@${to}`)]
  const section = sectionsOf(changelogIn(newer)).find(({ version }) => version === to)
  const changes = section ? sourceChanges(section) : []
  if (changes.length === 0 || changes.length > mostChanges) return undefined
  const files = sourcesIn(repository, older)
  const answer = files.filter(({ path, text }) => newer.get(path) !== text).map(({ path }) => path)
  const added = sourcesIn(repository, newer).filter(({ path }) => !older.has(path))
  if (answer.length === 0 || answer.length > MOST_CHANGED || added.length > 0) return undefined
  return { text: changes.join('\n'), files, answer }
}

export function changelogIn(of: Release): string {
  const name = ['CHANGELOG.md', 'History.md', 'HISTORY.md', 'changelog.md'].find((one) => of.has(one))
  return name ? of.get(name)! : ''
}

function sourcesIn({ sources, orElse, not }: Repository, of: Release) {
  const paths = [...of.keys()]
  const where = orElse && !paths.some((path) => sources.test(path)) ? orElse : sources
  return paths
    .filter((path) => where.test(path) && !not?.test(path))
    .sort()
    .map((path) => ({ path, text: of.get(path)! }))
}
