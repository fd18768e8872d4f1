/** What a lock of Python packages says of itself. */
export interface LockFacts {
  /** sha256 of its text. */
  hash: string
  /** Lines of packages; fewer are installed, since some are for other systems. */
  packages: number
  /** The versions of Python that it is for, as [major, minor]; undefined: any. */
  python: { from: Version; to: Version } | undefined
  /** What the environment takes on the disk. */
  diskBytes: number
}

export type Version = [major: number, minor: number]

const GB = 1024 ** 3
const PYTHON = /^# python: (\d+)\.(\d+) - (\d+)\.(\d+)$/m
const DISK = /^# disk: (\d+) GB$/m

/** Reads the comments `# python: 3.11 - 3.14` and `# disk: 8 GB`, and counts. Pure. */
export function lockFacts(text: string): LockFacts {
  const [, ...numbers] = PYTHON.exec(text)?.map(Number) ?? []
  const [fromMajor, fromMinor, toMajor, toMinor] = numbers
  return {
    hash: new Bun.CryptoHasher('sha256').update(text).digest('hex'),
    packages: text.match(/^[A-Za-z0-9][^\n]*==/gm)?.length ?? 0,
    python: numbers.length === 4 ? { from: [fromMajor!, fromMinor!], to: [toMajor!, toMinor!] } : undefined,
    diskBytes: Number(DISK.exec(text)?.[1] ?? 0) * GB,
  }
}

export function isWithin([major, minor]: Version, { python }: LockFacts): boolean {
  if (!python) return true
  const at = major * 1_000 + minor
  return at >= python.from[0] * 1_000 + python.from[1] && at <= python.to[0] * 1_000 + python.to[1]
}
