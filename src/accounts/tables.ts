import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Role, Scope } from './roles.ts'

export const accounts = sqliteTable('accounts', {
  id: text('id').primaryKey(),
  email: text('email').notNull(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').$type<Role>().notNull(),
  createdAt: integer('created_at').notNull(),
  disabledAt: integer('disabled_at'),
})

export type AccountRow = typeof accounts.$inferSelect

export const sessions = sqliteTable('sessions', {
  hash: text('hash').primaryKey(),
  account: text('account_id').notNull(),
  createdAt: integer('created_at').notNull(),
  lastSeenAt: integer('last_seen_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  address: text('address').notNull(),
  agent: text('agent').notNull(),
})

export const tokens = sqliteTable('tokens', {
  id: text('id').primaryKey(),
  account: text('account_id').notNull(),
  name: text('name').notNull(),
  hash: text('hash').notNull(),
  prefix: text('prefix').notNull(),
  scopes: text('scopes', { mode: 'json' }).$type<Scope[]>().notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at'),
  lastUsedAt: integer('last_used_at'),
  revokedAt: integer('revoked_at'),
})

export type TokenRow = typeof tokens.$inferSelect

export const setupLinks = sqliteTable('setup_links', {
  hash: text('hash').primaryKey(),
  expiresAt: integer('expires_at').notNull(),
  usedAt: integer('used_at'),
})

export const signInTries = sqliteTable('sign_in_tries', {
  id: integer('id').primaryKey(),
  key: text('key').notNull(),
  at: integer('at').notNull(),
})
