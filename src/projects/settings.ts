import { and, eq } from 'drizzle-orm'
import { z } from 'zod'
import type { Entity } from '../changes/entity.ts'
import { among } from '../changes/history.ts'
import type { Change } from '../changes/tables.ts'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Invalid } from '../errors.ts'
import { ScanPolicy } from '../files/scan/policy.ts'
import type { ProjectAuthor, ProjectsDeps } from './projects.ts'
import { projectSettings } from './tables.ts'

export const SETTING = 'setting'

/** How changes by agents are applied: at once; after a yes where they delete or replace; always after a yes. */
export const APPROVALS = ['apply', 'ask_destructive', 'ask_always'] as const

/** A project's settings: what each may be, and what holds where nobody has set it. */
export const SETTINGS = {
  approval: z.enum(APPROVALS).default('apply'),
  /** What becomes of secrets and dangerous calls that are found in files. */
  scan: ScanPolicy,
} as const

export type SettingName = keyof typeof SETTINGS
export type Settings = { [Name in SettingName]: z.infer<(typeof SETTINGS)[Name]> }

/** All settings of a project, the defaults for those that nobody has set. */
export async function settingsOf(read: Reader, project: string): Promise<Settings> {
  const rows = await read.select().from(projectSettings).where(eq(projectSettings.project, project))
  const given = new Map(rows.map(({ name, value }) => [name, value]))
  const entries = Object.entries(SETTINGS).map(([name, form]) => [name, form.parse(given.get(name))])
  return Object.fromEntries(entries) as Settings
}

/** How settings are edited through changes; the id is the setting's name. One that is deleted is at its default. */
export function settingEntity(): Entity<unknown> {
  return {
    name: SETTING,
    async read(tx, scope, names) {
      const rows = await tx
        .select()
        .from(projectSettings)
        .where(and(eq(projectSettings.project, scope), among(projectSettings.name, names)))
      return new Map(rows.map(({ name, version, value }) => [name, { version, state: { value } }]))
    },
    async write(tx, targets) {
      for (const { scope: project, id: name, version, state } of targets) {
        const own = and(eq(projectSettings.project, project), eq(projectSettings.name, name))
        await tx.delete(projectSettings).where(own)
        if (!state) continue
        const value = checked(name, (state as { value: unknown }).value)
        await tx.insert(projectSettings).values({ project, name, value, version })
      }
    },
  }
}

/** Sets some of a project's settings, as one change. @throws Invalid `bad_setting`; Contested `version_conflict` */
export function changeSettings(
  { changes }: Pick<ProjectsDeps, 'changes'>,
  tx: Tx,
  project: string,
  wish: Partial<Settings>,
  { by, reason }: Pick<ProjectAuthor, 'by' | 'reason'>,
): Promise<Change> {
  const edits = Object.entries(wish).map(
    ([id, value]) => ({ do: 'put', entity: SETTING, id, state: { value: checked(id, value) } }) as const,
  )
  return changes.apply(tx, { scope: project, by, reason, edits })
}

function checked(name: string, value: unknown): unknown {
  const form = SETTINGS[name as SettingName]
  const read = form?.safeParse(value)
  if (!read?.success)
    throw new Invalid('bad_setting', `The setting “${name}” can’t be that. Choose one of what is offered.`, {
      context: { field: name },
    })
  return read.data
}
