import { eq, inArray } from 'drizzle-orm'
import { accounts } from '../../accounts/tables.ts'
import type { Reader } from '../../db/open.ts'
import { jobs } from '../../jobs/tables.ts'
import { cachedPercent, costWords } from '../../llm/money-words.ts'
import { type CallSums, type UsageKey, type UsageRow, usageBy, usageByDay, usageOf } from '../../llm/usage.ts'
import { projects, tasks } from '../../projects/tables.ts'

/** Rows of a report at most: the dearest. */
const MOST_ROWS = 200

export const REPORTS = ['day', 'person', 'project', 'job', 'model'] as const
export type ReportBy = (typeof REPORTS)[number]

/** Which calls a report is about; times in ms since the epoch, `to` excluded. */
export interface ReportOf {
  by: ReportBy
  from: number
  to: number
  scope?: string | undefined
  person?: string | undefined
}

/** A row for people: what it is about, in words, and where to look further. */
export interface ReportRow extends UsageRow {
  label: string
  url: string | null
}

export interface Report {
  items: ReportRow[]
  total: CallSums
}

/** What models took, told apart by days, people, projects, jobs or models. */
export async function report(read: Reader, { by, ...of }: ReportOf): Promise<Report> {
  const rows = by === 'day' ? await usageByDay(read, of) : await usageBy(read, by, of, MOST_ROWS)
  const named = await NAMES[by](
    read,
    rows.flatMap(({ key }) => key ?? []),
  )
  const items = rows.map((row) => ({ ...row, ...(named.get(row.key ?? '') ?? unnamed(row.key)) }))
  return { items, total: await usageOf(read, of) }
}

/** The same with what a person reads of its figures. */
export function inWords<T extends CallSums>(sums: T) {
  return { ...sums, cost: costWords(sums), cachedPercent: cachedPercent(sums) }
}

type Names = Map<string, { label: string; url: string | null }>

const NAMES: Record<ReportBy, (read: Reader, keys: string[]) => Promise<Names>> = {
  day: async () => new Map(),
  model: async () => new Map(),
  person: namesOfPeople,
  project: namesOfProjects,
  job: namesOfJobs,
} satisfies Record<UsageKey | 'day', unknown>

function unnamed(key: string | null) {
  return { label: key ?? 'nobody’s', url: null }
}

/** E-mail addresses, by `person:<id>`. */
export async function namesOfPeople(read: Reader, keys: string[]): Promise<Names> {
  const ids = keys.map((key) => key.replace(/^person:/, ''))
  const rows = await read
    .select({ id: accounts.id, email: accounts.email })
    .from(accounts)
    .where(inArray(accounts.id, ids))
  return new Map(rows.map(({ id, email }) => [`person:${id}`, { label: email, url: null }]))
}

export async function namesOfProjects(read: Reader, keys: string[]): Promise<Names> {
  const rows = await read
    .select({ id: projects.id, title: projects.title })
    .from(projects)
    .where(inArray(projects.id, keys))
  return new Map(rows.map(({ id, title }) => [id, { label: title, url: `/projects/${id}` }]))
}

const KINDS: Record<string, string> = { plan: 'The plan', check: 'The check of everything' }

async function namesOfJobs(read: Reader, keys: string[]): Promise<Names> {
  const rows = await read
    .select({ id: jobs.id, kind: jobs.kind, title: tasks.title, path: tasks.path, project: projects.title })
    .from(jobs)
    .leftJoin(tasks, eq(tasks.job, jobs.id))
    .leftJoin(projects, eq(projects.id, jobs.scope))
    .where(inArray(jobs.id, keys))
  return new Map(
    rows.map(({ id, kind, title, path, project }) => {
      const name = path ?? title ?? KINDS[kind] ?? kind
      return [id, { label: project ? `${name} (${project})` : name, url: `/jobs/${id}` }]
    }),
  )
}
