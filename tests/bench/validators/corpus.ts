import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { kindOf, languageOf } from '../../../src/files/languages.ts'

/** Files of one language are taken evenly from all that there are. */
const MOST_FILES = 300
const MOST_FROM_A_FOLDER = 40
/** Sizes of files that somebody writes, in bytes. */
const SMALLEST = 60
const LARGEST = 100_000

/** Files that are there to be wrong, or that nobody wrote. */
const NO_SAMPLE =
  /(^|\/)(invalid|bad|broken|malformed|errors?|failing|fail|ui|negative|corrupt|wrong|testfiles)[^/]*\/|[._-](invalid|bad|broken|malformed|error|min)[._-]|\.min\.|(invalid|malformed|syntax[_-]?error|broken)/i

export interface Sample {
  path: string
  /** Its path in its package, by which it is judged. */
  name: string
  language: string
  text: string
}

/** The samples by language, the same ones in each run. */
export function corpusIn(folder: string): Map<string, Sample[]> {
  const byLanguage = new Map<string, string[]>()
  for (const path of [...new Bun.Glob('**/*').scanSync({ cwd: folder, dot: true, onlyFiles: true })].sort()) {
    const language = sampleLanguage(path)
    if (
      /\.d\.[cm]?ts$/.test(path) ||
      kindOf(path) === 'binary' ||
      language === 'text' ||
      NO_SAMPLE.test(path.replace(/^[^/]+\/[^/]+\//, '')) ||
      WRONG.some((known) => known.test(path))
    )
      continue
    byLanguage.set(language, [...(byLanguage.get(language) ?? []), path])
  }
  return new Map([...byLanguage].map(([language, paths]) => [language, chosen(folder, language, paths)]))
}

function sampleLanguage(path: string): string {
  return /(^|[./])(docker|container)file(\.[\w-]+|_[\w-]+)?$/i.test(path) && !/\.(go|md|ts|js|sh|json|txt)$/.test(path)
    ? 'dockerfile'
    : languageOf(path)
}

/** Some have a name by which nobody could tell what they are. */
function nameOf(path: string, language: string): string {
  return language === 'dockerfile' ? 'Dockerfile' : path.replace(/^[^/]+\/[^/]+\//, '')
}

/** Published, and wrong all the same: each was looked at. */
const WRONG = [
  /kaniko.*\/examples\/pod-blobstorage\.yaml$/, // "..." stands for what the reader should fill in
  /git\/git-[^/]+\/t\/t0200\/test\.sh$/, // food for xgettext, and no shell
  /skaffold.*\/docs-v\d\/.*\/Dockerfile\.app$/, // "..." again
  /protobuf-[^/]+\/php\/tests\/generated_previous\/Previous\/readonly\.php$/, // a class of that name: until PHP 8.1
  /genqlient.*\/testdata\/snapshots\/.*\.yaml$/, // what Go printed, by the name of what it was made from
]

/** The first so many of each folder, spread over all folders. */
function chosen(folder: string, language: string, paths: string[]): Sample[] {
  const inFolder = new Map<string, number>()
  const spread = paths.filter((path) => {
    const count = inFolder.get(dirname(path)) ?? 0
    inFolder.set(dirname(path), count + 1)
    const { size } = statSync(join(folder, path))
    return count < MOST_FROM_A_FOLDER && size >= SMALLEST && size <= LARGEST
  })
  const step = Math.max(1, spread.length / MOST_FILES)
  const seen = new Set<string>()
  return Array.from({ length: Math.min(MOST_FILES, spread.length) }, (_, i) => spread[Math.floor(i * step)]!)
    .map((path) => ({ path, name: nameOf(path, language), language, text: readFileSync(join(folder, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0') && !text.includes('\ufffd') && !seen.has(text) && seen.add(text))
}
