import type { WireLine } from '../client.ts'
import type { Books } from './verdict.ts'

/** A time that a job waited in the queue: until it was claimed, or for good. */
interface Wait {
  job: string
  owner: string
  line: string
  priority: number
  affinity: string | null
  runAt: number
  createdAt: number
}

const PUTS = ['job.queued', 'job.retrying', 'job.resumed']
/** Where something is loaded already, one of the first few of a line may go before the others. */
const LOOKED_AT = 8

/**
 * Replays all claims from the log: of what was due, the highest priority goes first, then the person who was served longest ago,
 * of theirs the project that was, of it what is due longest (or, of the first 8, what finds its model loaded). Returns in words
 * each claim that this does not explain.
 */
export function unfair(told: Iterable<WireLine[]>, { jobs, attempts }: Books): string[] {
  const lines = [...told].flat().sort((a, b) => a.seq! - b.seq!)
  const rows = new Map(jobs.map((job) => [job.id, job]))
  const starts = new Map(attempts.map((one) => [`${one.job}/${one.attempt}`, one]))
  const waiting = new Map<string, Wait>()
  const turns = openTurns()
  const wrong: string[] = []
  for (const line of lines) {
    const job = line.kind === 'render' ? rows.get(line.job!) : undefined
    if (!job) continue
    const place = { owner: job.owner, line: job.scope! }
    if (PUTS.includes(line.type)) {
      const next = starts.get(`${job.id}/${(line.attempt ?? 0) + 1}`)
      const { priority, affinity, createdAt } = job
      const before = waiting.get(job.id)
      const about = { job: job.id, ...place, affinity, runAt: next?.queuedAt ?? job.runAt, createdAt }
      waiting.set(job.id, { ...about, priority: before?.priority ?? told1(lines, job.id, line.seq!) ?? priority })
      turns.comes(place)
    } else if (line.type === 'job.prioritised') {
      const one = waiting.get(job.id)
      if (one) one.priority = line.priority
    } else if (line.type === 'job.started') {
      const at = starts.get(`${job.id}/${line.attempt}`)!.startedAt
      const due = [...waiting.values()].filter(({ runAt }) => runAt <= at)
      const mine = waiting.get(job.id)
      if (mine) wrong.push(...judge(mine, due, turns))
      waiting.delete(job.id)
      turns.passes(place)
      if (![...waiting.values()].some((one) => one.owner === place.owner && one.line === place.line))
        turns.leaves(place)
    } else if (/^job\.(cancelled|paused)$/.test(line.type)) waiting.delete(job.id)
  }
  return wrong
}

/** The priority that a job had at a moment: the last that was told until then, or the usual one. */
function told1(lines: WireLine[], job: string, seq: number): number | undefined {
  const said = lines.findLast((one) => one.job === job && one.type === 'job.prioritised' && one.seq! < seq)
  return said ? said.priority : 0
}

function judge(mine: Wait, due: Wait[], turns: Turns): string[] {
  const top = Math.max(...due.map(({ priority }) => priority))
  if (mine.priority !== top) return [`${mine.job} of priority ${mine.priority} went before one of ${top}`]
  const same = due.filter(({ priority }) => priority === top)
  const first = same.toSorted((a, b) => turns.compare(a, b))[0]!
  if (turns.compare(mine, first) > 0)
    return [`${mine.job} of ${mine.owner} (${mine.line}) went before it was the turn of ${first.owner} (${first.line})`]
  const line = same
    .filter((one) => one.owner === mine.owner && one.line === mine.line)
    .sort((a, b) => a.runAt - b.runAt || a.createdAt - b.createdAt)
  const nth = line.filter(({ runAt, createdAt }) =>
    runAt === mine.runAt ? createdAt < mine.createdAt : runAt < mine.runAt,
  ).length
  const passed = line.slice(0, nth)
  if (nth === 0 || (nth < LOOKED_AT && passed.every(({ affinity }) => affinity !== mine.affinity))) return []
  return [`${mine.job} went before ${nth} that were due longer in its own line`]
}

type Turns = ReturnType<typeof openTurns>
type Place = Pick<Wait, 'owner' | 'line'>

/** Who was served when: the longest ago comes next, newcomers last. */
function openTurns() {
  const people = new Map<string, number>()
  const projects = new Map<string, number>()
  let clock = 0
  const keyOf = ({ owner, line }: Place) => `${owner} ${line}`
  return {
    comes(place: Place) {
      clock++
      if (!people.has(place.owner)) people.set(place.owner, clock)
      if (!projects.has(keyOf(place))) projects.set(keyOf(place), clock)
    },
    passes(place: Place) {
      clock++
      people.set(place.owner, clock)
      projects.set(keyOf(place), clock)
    },
    leaves: (place: Place) => void projects.delete(keyOf(place)),
    compare: (a: Place, b: Place) =>
      people.get(a.owner)! - people.get(b.owner)! || projects.get(keyOf(a))! - projects.get(keyOf(b))!,
  }
}
