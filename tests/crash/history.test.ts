import { describe, expect, test } from 'bun:test'
import type { WireLine } from '../support/client.ts'
import { type History, violations } from './history.ts'

const HASH = 'a'.repeat(64)

/** A project of one file, whose job was killed once, then succeeded. */
function honest(): History {
  const line = (seq: number, type: string, more: object = {}): WireLine => ({
    type,
    at: 1,
    seq,
    prev: seq - 1,
    ...more,
  })
  const job = { job: 'w', kind: 'write', attempt: 2 }
  const lines = () => [
    line(1, 'project.created', { title: 'P' }),
    line(2, 'job.queued', { ...job, attempt: 0, by: 'system' }),
    line(3, 'job.started', { ...job, attempt: 1 }),
    line(4, 'job.queued', { ...job, attempt: 1, by: 'system', reason: 'server_restarted' }),
    line(5, 'job.started', job),
    line(6, 'file.written', { ...job, path: 'a.md', version: 1 }),
    line(7, 'job.succeeded', { ...job, result: { path: 'a.md' } }),
  ]
  return {
    acknowledged: [{ project: 'p', job: 'w' }],
    told: new Map([['p', lines()]]),
    kept: {
      integrity: 'ok',
      foreignKeys: '',
      projects: [{ id: 'p' }],
      jobs: [{ id: 'w', kind: 'write', state: 'succeeded', attempt: 2, error: null, scope: 'p' }],
      attempts: [
        { job: 'w', attempt: 1, outcome: 'lost', error: null },
        { job: 'w', attempt: 2, outcome: 'succeeded', error: null },
      ],
      lines: new Map([['p', lines()]]),
      versions: [{ project: 'p', path: 'a.md', version: 1, hash: HASH }],
      changes: [{ project: 'p', path: 'a.md', version: 1, job: 'w' }],
      artifacts: [],
      blobs: new Map([[HASH, HASH]]),
      folders: ['w/1', 'w/2'],
    },
    over: true,
  }
}

const told = ({ told }: History) => told.get('p')!
const log = ({ kept }: History) => kept.lines.get('p')!
function both(history: History, change: (lines: WireLine[]) => unknown): void {
  for (const lines of [told(history), log(history)]) change(lines)
}
/** Adds a line to the log and to what was told. */
function happens(history: History, type: string, more: object = {}): void {
  both(history, (lines) => {
    const { seq } = lines.at(-1)!
    lines.push({ at: 1, type, seq: seq! + 1, prev: seq!, job: 'w', kind: 'write', attempt: 2, ...more })
  })
}

test('an honest history is believed', () => {
  expect(violations(honest())).toEqual([])
  const unfinished = honest()
  told(unfinished).splice(4)
  expect(violations({ ...unfinished, over: false })).toEqual([])
})

test('a job that failed, and succeeded when a person tried again, is believed', () => {
  const history = honest()
  both(history, (lines) => {
    Object.assign(lines[2]!, { type: 'job.failed' })
    Object.assign(lines[3]!, { by: 'person:1' })
  })
  expect(violations(history)).toEqual([])
})

describe('a forged history is caught:', () => {
  const forgeries: [string, (history: History) => void, RegExp][] = [
    ['a lost project', ({ kept }) => void kept.projects.pop(), /project p was acknowledged and is lost/],
    [
      'a lost job',
      ({ acknowledged }) => void acknowledged.push({ project: 'p', job: 'x' }),
      /job x was acknowledged and is lost/,
    ],
    ['a line told twice', (h) => void told(h).splice(3, 0, told(h)[2]!), /3 \(job.started\) came after 3/],
    ['a line told too late', (h) => void told(h).push(told(h).splice(3, 1)[0]!), /came after/],
    ['a line that was skipped', (h) => void told(h).splice(3, 1), /line 4 \(job.queued\) was never told/],
    [
      'a broken prev',
      (h) => void Object.assign(told(h)[4]!, { prev: 3 }),
      /5 \(job.started\) says it follows 3, and follows 4/,
    ],
    ['a gap in the log itself', (h) => both(h, (lines) => lines.splice(5, 1)), /says it follows 6, and follows 5/],
    [
      'a line with two contents',
      (h) => void Object.assign(told(h)[5]!, { path: 'b.md' }),
      /line 6 \(file.written\) has two contents/,
    ],
    ['a line told and then lost', (h) => void log(h).pop(), /line 7 \(job.succeeded\) was told and is not in the log/],
    ['an end that nobody was told', (h) => void told(h).pop(), /line 7 \(job.succeeded\) was never told/],
    [
      'a job reported done that is not',
      ({ kept }) => void Object.assign(kept.jobs[0]!, { state: 'queued' }),
      /is queued after job.succeeded/,
    ],
    [
      'a job that never ends',
      (h) => [happens(h, 'job.queued', { by: 'person:1' }), Object.assign(h.kept.jobs[0]!, { state: 'queued' })],
      /has not ended: it is queued/,
    ],
    ['two ends', (h) => happens(h, 'job.succeeded'), /goes on after its success/],
    [
      'two failures',
      (h) => both(h, (lines) => lines.slice(2, 4).map((line) => Object.assign(line, { type: 'job.failed' }))),
      /ends with job.failed after job.failed/,
    ],
    [
      'a hold without a reason',
      (h) => [happens(h, 'job.held'), Object.assign(h.kept.jobs[0]!, { state: 'held' })],
      /is held without a reason/,
    ],
    [
      'an attempt left open',
      ({ kept }) => void Object.assign(kept.attempts[0]!, { outcome: null }),
      /is succeeded with 1 open attempts/,
    ],
    ['an uncounted attempt', ({ kept }) => void kept.attempts.pop(), /counts 2 attempts, and has 1/],
    [
      'a success without its file',
      ({ kept }) => [kept.changes.pop(), kept.versions.pop()],
      /is succeeded and wrote 0 files/,
    ],
    [
      'a file written twice',
      ({ kept }) => [
        kept.changes.push({ ...kept.changes[0]!, version: 2 }),
        kept.versions.push({ ...kept.versions[0]!, version: 2 }),
      ],
      /wrote 2 files/,
    ],
    [
      'the same content as two versions',
      ({ kept }) => void kept.versions.push({ ...kept.versions[0]!, version: 2 }),
      /content p a.md a+ is there 2 times/,
    ],
    [
      'a file of a job that did not succeed',
      (h) => [happens(h, 'job.held'), Object.assign(h.kept.jobs[0]!, { state: 'held', error: {} })],
      /is held and wrote 1 files/,
    ],
    [
      'a picture without its artifact',
      ({ kept }) => void Object.assign(kept.jobs[0]!, { kind: 'render' }),
      /left 0 artifacts/,
    ],
    [
      'an artifact twice',
      ({ kept }) =>
        void kept.artifacts.push(...[1, 2].map(() => ({ project: 'p', path: 'a.png', job: 'w', hash: HASH }))),
      /artifact p a.png is there 2 times/,
    ],
    ['a version without its change', ({ kept }) => void kept.changes.pop(), /1 file versions by 0 changes/],
    [
      'a file that nobody was told of',
      (h) => both(h, (lines) => Object.assign(lines[5]!, { type: 'x' })),
      /0 file.written of 1 versions/,
    ],
    [
      'other bytes than their hash says',
      ({ kept }) => void kept.blobs.set(HASH, 'b'),
      /the bytes of a.md are not those of their hash/,
    ],
    ['bytes that are gone', ({ kept }) => void kept.blobs.set(HASH, null), /the bytes of a.md are gone/],
    ['a folder of nobody', ({ kept }) => void kept.folders.push('z/1'), /folder z\/1 belongs to no attempt/],
    [
      'a damaged database',
      ({ kept }) => void Object.assign(kept, { integrity: 'row 1 missing' }),
      /the database is damaged/,
    ],
    [
      'a row that refers to nothing',
      ({ kept }) => void Object.assign(kept, { foreignKeys: 'tasks' }),
      /refers to nothing/,
    ],
  ]

  test.each(forgeries)('%s', (_what, forge, said) => {
    const history = honest()
    forge(history)
    expect(violations(history).join('\n')).toMatch(said)
  })
})
