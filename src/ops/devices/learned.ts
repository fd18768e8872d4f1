import type { Database } from '../../db/open.ts'
import type { LearnedStore } from '../../gpu/learned.ts'

export interface ForgetDeps {
  db: Pick<Database, 'write'>
  learned: Pick<LearnedStore, 'rows' | 'forget'>
}

/** Forgets what earlier renders took, of one model or of all, and says how many figures that were: of memory and of times. */
export async function forgetLearned({ db, learned }: ForgetDeps, model?: string): Promise<{ forgotten: number }> {
  const { memory, times } = learned.rows()
  const meant = [...memory, ...times].filter((row) => model === undefined || row.model === model)
  await db.write((tx) => learned.forget(tx, { model }))
  return { forgotten: meant.length }
}
