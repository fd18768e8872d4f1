import type { WireLine } from '../support/client.ts'

/** What is on disk at a moment when no server runs. */
export interface Kept {
  /** The first words of SQLite's own checks; 'ok' and '' when all is well. */
  integrity: string
  foreignKeys: string
  projects: { id: string }[]
  jobs: { id: string; kind: string; state: string; attempt: number; error: unknown; scope: string | null }[]
  attempts: { job: string; attempt: number; outcome: string | null; error: { code: string } | null }[]
  /** All durable lines, by project ('' for those of none), as they go over the wire. */
  lines: Map<string, WireLine[]>
  versions: { project: string; path: string; version: number; hash: string }[]
  /** The changes of files. */
  changes: { project: string; path: string; version: number; job: string | null }[]
  artifacts: { project: string; path: string; job: string; hash: string }[]
  /** What the bytes of each hash that anything refers to are in truth: their hash, or null when they are not there. */
  blobs: Map<string, string | null>
  /** `<job>/<attempt>` of each folder of an attempt. */
  folders: string[]
}

/** What clients were told, and what is there. */
export interface History {
  /** Submits that the server has acknowledged. */
  acknowledged: { project: string; job: string }[]
  /** All durable lines that the one reader of each project was sent, over all of its connections, in order. */
  told: Map<string, WireLine[]>
  kept: Kept
  /** True when the work of all projects is over and every reader has been told of it. */
  over: boolean
}

const TERMINAL = /^job\.(succeeded|failed|cancelled)$/
/** The state that a job is in after its last event. */
const STATE_AFTER: Record<string, string> = {
  'job.queued': 'queued',
  'job.retrying': 'queued',
  'job.resumed': 'queued',
  'job.started': 'running',
  'job.paused': 'paused',
  'job.held': 'held',
  'job.succeeded': 'succeeded',
  'job.failed': 'failed',
  'job.cancelled': 'cancelled',
}
const ENDED = ['succeeded', 'held', 'failed', 'cancelled']

/** Everything that a history proves to be wrong, in words; empty when it may have been a trustworthy server. */
export function violations(history: History): string[] {
  const { kept } = history
  if (kept.integrity !== 'ok') return [`the database is damaged: ${kept.integrity}`]
  return [
    ...(kept.foreignKeys ? [`a row refers to nothing: ${kept.foreignKeys}`] : []),
    ...lostSubmits(history),
    ...[...kept.lines].flatMap(([project, lines]) =>
      project === '' ? [] : brokenChain(`the log of ${project}`, lines),
    ),
    ...[...history.told].flatMap(([project, lines]) => [
      ...brokenChain(`what the reader of ${project} was told`, lines),
      ...toldOtherwise(project, lines, kept.lines.get(project) ?? [], history.over),
    ]),
    ...kept.jobs.flatMap((job) => wrongJob(job, history)),
    ...twice('file version', kept.versions, ({ project, path, version }) => `${project} ${path} ${version}`),
    ...twice('content', kept.versions, ({ project, path, hash }) => `${project} ${path} ${hash}`),
    ...twice('change', kept.changes, ({ project, path, version }) => `${project} ${path} ${version}`),
    ...twice('artifact', kept.artifacts, ({ project, path }) => `${project} ${path}`),
    ...unmatchedVersions(kept),
    ...wrongBytes(kept),
    ...strayFolders(kept),
  ]
}

function lostSubmits({ acknowledged, kept }: History): string[] {
  const projects = new Set(kept.projects.map(({ id }) => id))
  const jobs = new Set(kept.jobs.map(({ id }) => id))
  return acknowledged.flatMap(({ project, job }) => [
    ...(projects.has(project) ? [] : [`project ${project} was acknowledged and is lost`]),
    ...(jobs.has(job) ? [] : [`job ${job} was acknowledged and is lost`]),
  ])
}

/** Each line once and in order, `prev` naming the one before it. */
function brokenChain(what: string, lines: WireLine[]): string[] {
  let last = 0
  return lines.flatMap(({ seq = 0, prev, type }) => {
    const wrong = [
      ...(seq <= last ? [`${what}: ${seq} (${type}) came after ${last}`] : []),
      ...(prev !== last ? [`${what}: ${seq} (${type}) says it follows ${prev}, and follows ${last}`] : []),
    ]
    last = seq
    return wrong
  })
}

/** Replay and live together are the log from its start: the same lines, with the same content. */
function toldOtherwise(project: string, told: WireLine[], kept: WireLine[], over: boolean): string[] {
  const bySeq = new Map(kept.map((line) => [line.seq, line]))
  const wrong = told.flatMap((line) => {
    const own = bySeq.get(line.seq)
    if (!own) return [`${project}: line ${line.seq} (${line.type}) was told and is not in the log`]
    return Bun.deepEquals(own, line) ? [] : [`${project}: line ${line.seq} (${line.type}) has two contents`]
  })
  const heard = new Set(told.map(({ seq }) => seq))
  const last = told.at(-1)?.seq ?? 0
  const missed = kept.filter(({ seq = 0 }) => (over || seq <= last) && !heard.has(seq))
  return [...wrong, ...missed.map(({ seq, type }) => `${project}: line ${seq} (${type}) was never told`)]
}

function wrongJob(job: Kept['jobs'][number], { kept, over }: History): string[] {
  const { id, kind, state, attempt } = job
  const name = `job ${id} (${kind})`
  const lines = (kept.lines.get(job.scope ?? '') ?? []).filter((line) => line.job === id)
  const last = lines.findLast(({ type }) => type in STATE_AFTER)
  const attempts = kept.attempts.filter((one) => one.job === id)
  const open = attempts.filter(({ outcome }) => outcome === null)
  return [
    ...(STATE_AFTER[last?.type ?? ''] === state ? [] : [`${name} is ${state} after ${last?.type}`]),
    ...(over && job.scope !== null && !ENDED.includes(state) ? [`${name} has not ended: it is ${state}`] : []),
    ...(state === 'held' || state === 'failed' ? (job.error ? [] : [`${name} is ${state} without a reason`]) : []),
    ...secondEnds(name, lines),
    ...(attempts.length === attempt ? [] : [`${name} counts ${attempt} attempts, and has ${attempts.length}`]),
    ...(open.length === (state === 'running' ? 1 : 0) ? [] : [`${name} is ${state} with ${open.length} open attempts`]),
    ...wrongResult(name, job, kept),
  ]
}

/** One terminal event, and another one only after somebody asked for it; nothing at all after a success. */
function secondEnds(name: string, lines: WireLine[]): string[] {
  let ended: string | undefined
  return lines.flatMap(({ type, by }) => {
    if (ended === 'job.succeeded') return [`${name} goes on after its success with ${type}`]
    if (TERMINAL.test(type) && ended) return [`${name} ends with ${type} after ${ended}`]
    if (type === 'job.queued' && String(by).startsWith('person:')) ended = undefined
    if (TERMINAL.test(type)) ended = type
    return []
  })
}

/** What it made is there exactly when it has succeeded. */
function wrongResult(name: string, { id, kind, state }: Kept['jobs'][number], kept: Kept): string[] {
  const files = kept.changes.filter(({ job }) => job === id).length
  const pictures = kept.artifacts.filter(({ job }) => job === id).length
  const due = state === 'succeeded' ? 1 : 0
  return [
    ...((kind === 'write' || kind === 'render') && files !== due
      ? [`${name} is ${state} and wrote ${files} files`]
      : []),
    ...(kind === 'render' && pictures !== due ? [`${name} is ${state} and left ${pictures} artifacts`] : []),
  ]
}

function twice<T>(what: string, rows: T[], keyOf: (row: T) => string): string[] {
  return [...Map.groupBy(rows, keyOf)].flatMap(([key, same]) =>
    same.length > 1 ? [`${what} ${key} is there ${same.length} times`] : [],
  )
}

/** Each version came by one change, and each was told once. */
function unmatchedVersions({ versions, changes, lines }: Kept): string[] {
  const key = ({ project, path, version }: { project: string; path: string; version: number }) =>
    `${project} ${path} ${version}`
  const had = new Set(versions.map(key))
  const told = [...lines].flatMap(([project, own]) =>
    own.filter(({ type }) => type === 'file.written').map(({ path, version }) => key({ project, path, version })),
  )
  return [
    ...changes.filter((change) => !had.has(key(change))).map((change) => `change ${key(change)} has no version`),
    ...(versions.length === changes.length ? [] : [`${versions.length} file versions by ${changes.length} changes`]),
    ...twice('file.written', told, (each) => each),
    ...(told.length === versions.length ? [] : [`${told.length} file.written of ${versions.length} versions`]),
  ]
}

function wrongBytes({ versions, artifacts, blobs }: Kept): string[] {
  return [...versions, ...artifacts].flatMap(({ path, hash }) => {
    const real = blobs.get(hash)
    if (real === hash) return []
    return [real ? `the bytes of ${path} are not those of their hash` : `the bytes of ${path} are gone`]
  })
}

function strayFolders({ folders, attempts }: Kept): string[] {
  const rows = new Set(attempts.map(({ job, attempt }) => `${job}/${attempt}`))
  return folders.filter((folder) => !rows.has(folder)).map((folder) => `folder ${folder} belongs to no attempt`)
}
