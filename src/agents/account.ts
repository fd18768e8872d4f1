import type { Job } from '../jobs/tables.ts'
import type { Account } from '../llm/provider.ts'
import type { Project } from '../projects/tables.ts'

/** On whose account a job of a project asks a model: the project's maker pays. */
export function accountOf(
  { id, createdBy }: Pick<Project, 'id' | 'createdBy'>,
  job: Pick<Job, 'id' | 'attempt'>,
): Account {
  return { scope: id, person: createdBy, job: job.id, attempt: job.attempt }
}
