import { and, eq, inArray, sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { type Edit, openChanges, type Undoing } from '../../src/changes/changes.ts'
import type { Choice } from '../../src/changes/contest.ts'
import type { Entity } from '../../src/changes/entity.ts'
import { systemClock } from '../../src/clock.ts'
import { openEventLog } from '../../src/events/append.ts'
import { openHub } from '../../src/events/hub.ts'
import { events } from '../../src/events/tables.ts'
import { testDatabase } from '../support/database.ts'

export interface Note {
  text?: string
  tags?: string[]
  /** Of several lines. */
  body?: string
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
  texts: ['body'],
  async read(tx, scope, ids) {
    const found = await tx
      .select()
      .from(notes)
      .where(and(eq(notes.scope, scope), inArray(notes.id, ids)))
    return new Map(found.map(({ id, version, state }) => [id, { version, state }]))
  },
  async write(tx, targets) {
    for (const { scope, id, version, state } of targets) {
      if (state?.text === 'refused') throw new Error('the room refuses this')
      await tx.delete(notes).where(and(eq(notes.scope, scope), eq(notes.id, id)))
      if (state) await tx.insert(notes).values({ scope, id, version, state })
    }
  },
}

/** An edit of a note: its entity goes without saying. */
export type NoteEdit = WithoutEntity<Edit<Note>>
type WithoutEntity<T> = T extends unknown ? Omit<T, 'entity'> : never

/** A database with notes in it, edited through changes. */
export async function notebook() {
  const db = await testDatabase()
  await db.write((tx) => tx.run(sql`CREATE TABLE notes (scope TEXT, id TEXT, version INTEGER, state TEXT) STRICT`))
  const hub = openHub(systemClock)
  const log = openEventLog({ hub, now: systemClock.now })
  const changes = openChanges({ ...systemClock, events: log, entities: [noteEntity] })
  const make = (edits: NoteEdit[], more: { by?: string; scope?: string; choices?: Choice[]; batch?: string } = {}) =>
    db.write((tx) =>
      changes.apply(tx, {
        scope: 'p1',
        by: 'person:ann',
        reason: 'Because',
        edits: edits.map((edit) => ({ entity: 'note', ...edit })),
        ...more,
      }),
    )
  return {
    db,
    entity: noteEntity,
    changes,
    set: (id: string, state: Note | null, baseVersion?: number) =>
      make([state ? { do: 'put', id, state, baseVersion } : { do: 'delete', id, baseVersion }]),
    make,
    undo: (change: { id: string } | { id: string }[], more: Partial<Undoing> = {}) =>
      db.write((tx) =>
        changes.undo(
          tx,
          [change].flat().map(({ id }) => id),
          { by: 'person:bob', ...more },
        ),
      ),
    get: async (id: string) => (await noteEntity.read(db.read, 'p1', [id])).get(id) ?? null,
    told: () => db.read.select().from(events).orderBy(events.seq),
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
