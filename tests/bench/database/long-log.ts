// A project with a log of so many events: says how long its page takes, and its last 100 events.
import { sql } from 'drizzle-orm'
import { LOCAL_MARK } from '../../../src/accounts/local.ts'
import { createProject } from '../../../src/projects/projects.ts'
import { benchApp } from '../engine.ts'
import { median } from '../result.ts'

const PAGE = 10_000
const LAST = 100
const TIMES = 200
const { events } = JSON.parse(process.argv[2]!) as { events: number }
await using bench = await benchApp({ handlers: [], lanes: { plan: 0 } })
const { app } = bench
const { project } = await createProject(app, {
  brief: 'a long log',
  model: 'demo',
  tier: 'low',
  autorun: true,
  by: 'system',
})

for (let made = 0; made < events; made += PAGE) await grow(Math.min(PAGE, events - made))

/** What a project of many files would have in its log, a link in the chain each. */
function grow(many: number): Promise<unknown> {
  return app.db.write((tx) =>
    tx.run(sql`
      INSERT INTO events (seq, at, type, scope, author, data, prev_scope)
      SELECT last + value, ${Date.now()}, 'file.written', ${project.id}, 'system',
             json_object('path', 'src/file-' || value || '.ts', 'version', 1, 'bytes', 4321, 'language', 'typescript'), last + value - 1
      FROM (SELECT max(seq) AS last FROM events), generate_series(1, ${many})`),
  )
}

const { port } = app.listen()
const headers = { authorization: `Bearer ${LOCAL_MARK}${app.localSecret}` }

async function msOf(path: string): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < TIMES; i++) {
    const from = performance.now()
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    const text = await response.text()
    times.push(performance.now() - from)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  }
  return median(times.slice(TIMES / 2)) // the first half warms up
}

const last = (await app.db.read.get<{ seq: number }>(sql`SELECT max(seq) AS seq FROM events`)).seq
const page = await msOf(`/projects/${project.id}`)
const replay = await msOf(`/api/projects/${project.id}/events?follow=false&after=${last - LAST}`)
console.log(JSON.stringify({ page, replay }))
process.exit(0)
