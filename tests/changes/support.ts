import { and, eq, sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { openChanges } from '../../src/changes/changes.ts'
import type { Entity } from '../../src/changes/entity.ts'
import { systemClock } from '../../src/clock.ts'
import { openEventLog } from '../../src/events/append.ts'
import { openHub } from '../../src/events/hub.ts'
import { events } from '../../src/events/tables.ts'
import { testDatabase } from '../support/database.ts'

export interface Note {
  text: string
  tags?: string[]
}

const notes = sqliteTable('notes', {
  scope: text('scope').notNull(),
  id: text('id').notNull(),
  version: integer('version').notNull(),
  state: text('state', { mode: 'json' }).$type<Note>().notNull(),
})

/** The smallest entity that a room could bring: a row that is there or not. */
const noteEntity: Entity<Note> = {
  name: 'note',
  async read(tx, scope, id) {
    const [note] = await tx
      .select()
      .from(notes)
      .where(and(eq(notes.scope, scope), eq(notes.id, id)))
    return note ?? null
  },
  async write(tx, { scope, id, version, state }) {
    if (state?.text === 'refused') throw new Error('the room refuses this')
    await tx.delete(notes).where(and(eq(notes.scope, scope), eq(notes.id, id)))
    if (state) await tx.insert(notes).values({ scope, id, version, state })
  },
}

/** A database with notes in it, edited through changes. */
export async function notebook() {
  const db = await testDatabase()
  await db.write((tx) => tx.run(sql`CREATE TABLE notes (scope TEXT, id TEXT, version INTEGER, state TEXT) STRICT`))
  const hub = openHub(systemClock)
  const log = openEventLog({ hub, now: systemClock.now })
  const changes = openChanges({ ...systemClock, events: log, entities: [noteEntity] })
  const edit = { scope: 'p1', entity: 'note', by: 'person:ann' }
  return {
    db,
    changes,
    set: (id: string, after: Note | null, baseVersion?: number) =>
      db.write((tx) => changes.apply(tx, { ...edit, id, after, baseVersion })),
    undo: (change: { id: string }) => db.write((tx) => changes.undo(tx, change.id, 'person:bob')),
    get: (id: string) => noteEntity.read(db.read, 'p1', id),
    told: () => db.read.select().from(events).orderBy(events.seq),
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
