/** An edit that the server has said it made. */
export interface Saved {
  /** The line that it added; no other edit has it. */
  line: string
  change: string
  merged: boolean
}

/** One version of a file, as the log has it. */
export interface Version {
  path: string
  version: number
  change: string
  author: string
  undoes: string[]
  merged: boolean
  lines: string[]
}

export interface AuthorFigures {
  author: string
  edits: number
  merged: number
  /** Times that the server asked what is to stand, instead of guessing. */
  asked: number
  undone: number
  standing: number
  /** Lines that somebody knowingly took out: put another in their place, chose the other side, or undid them. */
  takenOut: number
  /** Lines that are gone, and that whoever wrote the version without them did not mean to take out. */
  lost: string[]
}

/** What each author did on purpose; what else is missing from the log's versions is lost. */
export interface Ledger {
  asked(author: string): void
  /** The author takes these lines out with the next that they save. */
  meant(author: string, lines: string[]): void
  saved(author: string, saved: Saved): void
  undid(author: string): void
  figures(log: Version[]): AuthorFigures[]
}

export function openLedger(): Ledger {
  const asked: string[] = []
  const undid: string[] = []
  const saves: (Saved & { author: string })[] = []
  const meant = new Set<string>()
  const key = (author: string, line: string) => `${author} > ${line}`
  return {
    asked: (author) => void asked.push(author),
    meant(author, lines) {
      for (const line of lines) meant.add(key(author, line))
    },
    saved: (author, saved) => void saves.push({ author, ...saved }),
    undid: (author) => void undid.push(author),
    figures(log) {
      const fates = fatesOf(log)
      const changeOf = new Map(saves.map(({ line, change }) => [line, change]))
      const isMeant = (line: string, by: Version) =>
        meant.has(key(by.author, line)) || by.undoes.includes(changeOf.get(line) ?? '')
      return [...Map.groupBy(saves, ({ author }) => author)].map(([author, own]) => {
        const gone = own.filter(({ line }) => fates.get(line) !== 'stands')
        const known = gone.filter(({ line }) => {
          const by = fates.get(line) as Version | undefined
          return by ? isMeant(line, by) : meant.has(key(author, line)) // never in: its author chose the other side
        })
        return {
          author,
          edits: own.length,
          merged: own.filter(({ merged }) => merged).length,
          asked: asked.filter((each) => each === author).length,
          undone: undid.filter((each) => each === author).length,
          standing: own.length - gone.length,
          takenOut: known.length,
          lost: gone.filter((each) => !known.includes(each)).map(({ line }) => line),
        }
      })
    },
  }
}

/** Of each line that was ever in a file: that it stands, or the last version that took it out. */
function fatesOf(log: Version[]): Map<string, 'stands' | Version> {
  const fates = new Map<string, 'stands' | Version>()
  for (const versions of Map.groupBy(log, ({ path }) => path).values()) {
    let before: string[] = []
    for (const version of versions) {
      const now = new Set(version.lines)
      for (const line of before) if (!now.has(line)) fates.set(line, version)
      for (const line of version.lines) fates.set(line, 'stands')
      before = version.lines
    }
  }
  return fates
}
