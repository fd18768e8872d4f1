/** One release in a changelog: its version, and a line for each change. */
export interface Section {
  version: string
  changes: string[]
}

const HEADING = /^(?:#{1,4}\s*)?(?:[\d-]+, version )?\[?v?(\d+\.\d+\.\d+)\b\]?(?=\s|\(|$)/
/** Parts of a release that its sources have no part in. */
const PART = /^#{2,5}\s+(.*)/
const PART_ELSEWHERE = /^(docs|documentation|chores?|tests?|templates|continuous integration|build|typings|types)\b/i
const CHANGE = /^\s?[*-]\s+(.+)/
/** A change that goes on over the end of its line. */
const MORE = /^ {2,}(?![*-])(\S.*)/
/** Changes that a project's sources have no part in, by the first word that changelogs give them. */
const ELSEWHERE =
  /^(\*\*)?(docs?|chore|build|tests?|ci|sponsors?|style|types?|typings?|upgrade|deps|example|release|package)\b|index\.d\.ts|\btypescript\b/i

/** The releases of a changelog, in its order. */
export function sectionsOf(changelog: string): Section[] {
  const sections: Section[] = []
  let part = ''
  for (const row of changelog.split('\n')) {
    const version = HEADING.exec(row)?.[1]
    part = version ? '' : (PART.exec(row)?.[1] ?? part)
    if (version) sections.push({ version, changes: [] })
    const change = CHANGE.exec(row)?.[1]
    const changes = PART_ELSEWHERE.test(part) ? undefined : sections.at(-1)?.changes
    if (change && !version) changes?.push(change)
    const more = MORE.exec(row)?.[1]
    if (more && changes && changes.length > 0) changes.push(`${changes.pop()} ${more}`)
  }
  return sections
}

/** The changes of a release that its sources show. */
export function sourceChanges({ changes }: Section): string[] {
  return changes.map(plain).filter((change) => !ELSEWHERE.test(change) && change.length > 15)
}

/** A line without its links, hashes, numbers of issues and names of authors. */
function plain(change: string): string {
  return change
    .replace(/\[`?[0-9a-f]{7,40}`?\]\([^)]*\)|^[0-9a-f]{7,40}(?= )/g, '')
    .replace(/\(\[?#\d+\]?[^)]*\)+/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, (_, text) =>
      /^[#@\w-]+$/.test(text) && !/^[a-z]+[A-Z_-]/.test(text) ? '' : text,
    )
    .replace(/\((?:fixes|refs|closes)[^)]*\)?/gi, '')
    .replace(/\((?:[^()]*#\d+[^()]*|[A-Z][\p{L}'.-]+(?: [\p{L}'.-]+)*|via [^)]*)\)/gu, '')
    .replace(/,? (?:closes|fixes|refs) .*$/i, '')
    .replace(/#\d+/g, '')
    .replace(/\*\*/g, '')
    .replace(/ ?Thanks @[\w-]+\.?/g, '')
    .replace(/ :/g, ':')
    .replace(/[\s()]+$/, '')
    .replace(/\s+/g, ' ')
    .trim()
}
