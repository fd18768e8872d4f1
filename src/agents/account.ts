import type { Job } from '../jobs/tables.ts'
import type { Models } from '../llm/models.ts'
import type { Account } from '../llm/provider.ts'
import type { Project } from '../projects/tables.ts'

/** On whose account a job of a project asks a model: the project's maker pays. */
export function accountOf(
  { id, createdBy }: Pick<Project, 'id' | 'createdBy'>,
  job: Pick<Job, 'id' | 'attempt'>,
): Account {
  return { scope: id, person: createdBy, job: job.id, attempt: job.attempt }
}

/** The project's own model; a project of the demo's may well be talked about with a real one. */
export function modelFor(models: Models, { model }: Pick<Project, 'model'>): string | undefined {
  const isDemo = models.providers().some(({ name, demo }) => demo && model === name)
  return isDemo ? undefined : model
}
