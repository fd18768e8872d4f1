import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { openChanges } from '../../src/changes/changes.ts'
import { openEventLog } from '../../src/events/append.ts'
import { openHub } from '../../src/events/hub.ts'
import type { JobRef } from '../../src/events/line.ts'
import { events } from '../../src/events/tables.ts'
import { openBlobs } from '../../src/files/blobs.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import { fixedModels } from '../../src/llm/fixed-models.ts'
import { projectEntity } from '../../src/projects/project-entity.ts'
import { projects } from '../../src/projects/tables.ts'
import { type Actor, guard } from '../../src/web/guard.ts'
import { fileEntity } from '../../src/workspace/file-entity.ts'
import { deleteFile, fileAt, writeFile } from '../../src/workspace/files.ts'
import { openHighlighter } from '../../src/workspace/highlight/highlighter.ts'
import { openPreview } from '../../src/workspace/preview.ts'
import { readsItsOwnBody, workspaceRoutes } from '../../src/workspace/routes.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent, temporaryFolder, testDatabase } from '../support/database.ts'
import { edge } from '../web/app.ts'

const ann: Actor = { id: 'ann', email: 'ann@example.com', role: 'owner', via: 'session', scopes: ['read', 'write'] }

/** Two projects, `p1` and `p2`, with nothing in them yet, and everything that serves them. */
export async function testWorkspace({ gitProgram }: { gitProgram?: string | null } = {}) {
  const folder = temporaryFolder()
  const db = await testDatabase()
  const clock = stoppedClock()
  const hub = openHub(clock)
  const log = openEventLog({ hub, now: clock.now })
  const blobs = openBlobs({ db, folder: folder.path, now: clock.now })
  const changes = openChanges({
    ...clock,
    events: log,
    entities: [
      projectEntity({ events: log, now: clock.now }),
      fileEntity({ events: log, now: clock.now, texts: blobs }),
    ],
  })
  const highlighter = openHighlighter()
  const common = { db, read: db.read, blobs, changes, highlighter, events: log, now: clock.now, newId: clock.newId }
  const places = { data: folder.path, ...(gitProgram !== undefined && { gitProgram }) }
  const made = {
    models: fixedModels([demoProvider({ project: demoProject, bytesPerSecond: 1e8, clock })]),
    tierNamed: () => 'low',
  }
  const machine = () => ({ name: 'CPU', tier: 'low', freeGb: null, totalGb: null, others: 0 })
  const door = guard(async (request) => (request.headers.has('x-stranger') ? null : ann))
  const app = edge({ leaves: readsItsOwnBody }).app.use(
    new Elysia().use(workspaceRoutes({ ...common, ...places, ...made, log: silent, machine, guard: door })),
  )
  await app.modules
  for (const id of ['p1', 'p2']) await db.write((tx) => tx.insert(projects).values(project(id)))

  return {
    ...common,
    folder: folder.path,
    clock,
    preview: openPreview({ ...common, data: folder.path, appOrigins: () => ['http://app.test:4321'] }),
    async write(
      path: string,
      content: string | Uint8Array,
      more: { by?: string; job?: JobRef; baseVersion?: number; project?: string; reason?: string } = {},
    ) {
      const blob = await blobs.put(content)
      return db.write((tx) => writeFile(common, tx, { project: 'p1', path, blob, by: 'person:ann', ...more }))
    },
    /** Takes a file's content away behind everybody's back. */
    async lose(path: string) {
      const { hash } = await fileAt(db.read, 'p1', path)
      await db.write((tx) => tx.run(sql`delete from texts where hash = unhex(${hash})`))
      rmSync(join(folder.path, hash.slice(0, 2), hash), { force: true })
    },
    remove: (path: string) => db.write((tx) => deleteFile(common, tx, { project: 'p1', path, by: 'person:ann' })),
    told: () => db.read.select().from(events).orderBy(events.seq),
    ask: (path: string, init: RequestInit = {}) => app.handle(new Request(`http://localhost${path}`, init)),
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]()
      highlighter[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

function project(id: string) {
  return {
    id,
    title: `Crumb & Co “${id}”`,
    brief: 'A bakery',
    model: 'demo',
    tier: 'low',
    seed: 1,
    autorun: true,
    tags: [],
    createdBy: 'person:ann',
    createdAt: 0,
    updatedAt: 0,
  }
}
