import { posix } from 'node:path'
import { z } from 'zod'

/** Most entries of one kind in a contract, and the most characters of one. */
const MOST_ENTRIES = 60
const MOST_CHARACTERS = 400

const Line = z.string().trim().min(1).max(MOST_CHARACTERS)

/** A list that may be left out: small models leave out what is empty. */
function listOf<T extends z.ZodType>(entry: T) {
  return z.preprocess((given) => given ?? [], z.array(entry).max(MOST_ENTRIES))
}

/** What one task's file promises to the others, and what it takes from them. Paths are those of the plan. */
export const Contract = z.object({
  /** Names that other files may use, each with its signature: functions, classes of a sheet, ids. */
  exports: listOf(Line),
  /** What it uses of other files of the plan. */
  needs: listOf(z.object({ from: Line, names: listOf(Line) })),
  routes: listOf(Line),
  /** Forms of data that it reads or writes. */
  shapes: listOf(Line),
  /** The files of the plan that it links to. */
  links: listOf(Line),
  /** Which picture stands where. */
  pictures: listOf(
    z.object({ path: Line, place: z.preprocess((given) => given ?? '', z.string().max(MOST_CHARACTERS)) }),
  ),
})

export type Contract = z.infer<typeof Contract>

/** A task, as the rules of contracts see it. */
export interface ContractedTask {
  id: string
  kind: 'write' | 'render' | 'note'
  path: string | null
  contract: Contract | null
  /** What people call it; its id where it has no other name. */
  name?: string
}

/** Promises that don't fit together, in words: what is needed is exported there, a picture is rendered, a link leads to a file of the plan. */
export function contractProblems(tasks: ContractedTask[]): string[] {
  const byPath = new Map(tasks.flatMap((task) => (task.path === null ? [] : [[bare(task.path), task] as const])))
  return tasks.flatMap((task) => {
    if (!task.contract) return []
    const { needs, pictures, links } = task.contract
    const called = `“${task.name ?? task.id}”`
    return [
      ...needs.flatMap(({ from, names }) => missing(called, byPath.get(bare(from)), from, names)),
      ...pictures.flatMap(({ path }) => notRendered(called, byPath.get(bare(path)), path)),
      ...links.flatMap((url) => deadLink(called, task, byPath, url)),
    ]
  })
}

/** A contract whose references to the file at `from` lead to `to`, or are gone where that is null. */
export function withPathMoved(contract: Contract | null, from: string, to: string | null): Contract | null {
  if (!contract) return null
  const moved = (path: string) => (bare(path) === bare(from) ? to : path)
  const kept = <T>(entries: T[], path: (entry: T) => string, at: (entry: T, path: string) => T): T[] =>
    entries.flatMap((entry) => {
      const place = moved(path(entry))
      return place === null ? [] : [at(entry, place)]
    })
  return {
    ...contract,
    needs: kept(
      contract.needs,
      ({ from }) => from,
      (need, path) => ({ ...need, from: path }),
    ),
    pictures: kept(
      contract.pictures,
      ({ path }) => path,
      (picture, path) => ({ ...picture, path }),
    ),
    links: kept(
      contract.links,
      (link) => link,
      (_, path) => path,
    ),
  }
}

/** A contract as lines to read: a heading and its entries; nothing where it says nothing. */
export function contractLines(contract: Contract | null): { heading: string; entries: string[] }[] {
  if (!contract) return []
  const { exports, needs, routes, shapes, links, pictures } = contract
  const all = [
    { heading: 'exports', entries: exports },
    {
      heading: 'uses',
      entries: needs.map(({ from, names }) => (names.length ? `${names.join(', ')} from ${from}` : from)),
    },
    { heading: 'routes', entries: routes },
    { heading: 'data', entries: shapes },
    { heading: 'links to', entries: links },
    { heading: 'pictures', entries: pictures.map(({ path, place }) => (place ? `${path} (${place})` : path)) },
  ]
  return all.filter(({ entries }) => entries.length > 0)
}

function missing(called: string, source: ContractedTask | undefined, from: string, names: string[]): string[] {
  if (!source || source.kind === 'note') return [`${called} needs “${from}”, which is no file of the plan.`]
  if (names.length === 0 || source.kind === 'render') return []
  const given = new Set(source.contract?.exports.map(nameIn) ?? [])
  return names
    .filter((name) => !given.has(nameIn(name)))
    .map((name) => `${called} needs “${nameIn(name)}” from ${from}, whose contract does not export it.`)
}

function notRendered(called: string, picture: ContractedTask | undefined, path: string): string[] {
  const drawn = picture?.kind === 'render' || (picture?.kind === 'write' && /\.svg$/i.test(path))
  return drawn ? [] : [`${called} shows the picture “${path}”, which no render task makes.`]
}

function deadLink(
  called: string,
  { path }: ContractedTask,
  byPath: Map<string, ContractedTask>,
  url: string,
): string[] {
  if (/^([a-z][a-z0-9+.-]*:|\/\/|#)/i.test(url)) return []
  const target = bare(url.replace(/[?#].*$/s, ''))
  const near = bare(posix.join(posix.dirname(path ?? ''), target))
  const places = [target, near, bare(posix.join(target, 'index.html')), bare(posix.join(near, 'index.html'))]
  return places.some((place) => byPath.has(place)) ? [] : [`${called} links to “${url}”, which is no file of the plan.`]
}

/** A path as it stands in the plan: from the project's top, without a leading `./` or `/`. */
function bare(path: string): string {
  return posix.normalize(path.normalize('NFC').replace(/^\/+/, '') || '.').replace(/^\.\//, '')
}

/** The name in an entry such as `formatDate(date: Date): string`, `export const total` or `.card`. */
function nameIn(entry: string): string {
  const words = entry.replace(
    /^(?:(?:export|default|async|const|let|function\*?|class|type|interface|enum|def|fn|pub)\s+)+/,
    '',
  )
  return /^[.#]?[\p{L}\p{N}_$-]+/u.exec(words)?.[0] ?? words
}
