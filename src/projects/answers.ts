import { z } from 'zod'
import { type Answer, says } from '../web/openapi.ts'
import { eventStream } from '../web/stream-lines.ts'
import { Contract } from './contract.ts'
import { JobForm, JobsForm } from './jobs/answers.ts'
import { SETTINGS } from './settings.ts'

const Time = z.number().int().describe('ms since the epoch')

const ProjectForm = z
  .object({
    id: z.string(),
    title: z.string(),
    brief: z.string(),
    summary: z.string(),
    model: z.string().describe('`provider/model`, `demo`, or `auto`: whichever comes first in its chain at the time.'),
    tier: z.string(),
    seed: z.number().int(),
    autorun: z.boolean(),
    status: z.enum(['working', 'ready', 'done', 'held', 'failed', 'paused', 'cancelled']),
    priority: z.number().int(),
    tags: z.array(z.string()),
    createdAt: Time,
    updatedAt: Time,
    endedAt: Time.nullable(),
    version: z.number().int(),
  })
  .meta({ id: 'Project' })

export const TaskForm = z
  .object({
    id: z.string(),
    project: z.string(),
    parent: z.string().nullable(),
    key: z.string(),
    position: z.number().int(),
    kind: z.enum(['write', 'render', 'note']),
    title: z.string(),
    path: z.string().nullable(),
    prompt: z.string().nullable(),
    width: z.number().int().nullable(),
    height: z.number().int().nullable(),
    dependsOn: z.array(z.string()),
    contract: Contract.nullable().describe('What its file promises to the others, and what it takes from them.'),
    mends: z.boolean().describe('It mends a file that another task made.'),
    status: z.enum(['todo', 'done']),
    job: z.string().nullable(),
    version: z.number().int(),
    createdAt: Time,
    doneAt: Time.nullable(),
    dueAt: Time.nullable().describe('The last moment, in UTC, of the day by which it is to be done.'),
  })
  .meta({ id: 'Task' })

const FileForm = z
  .object({ path: z.string(), language: z.string(), bytes: z.number().int(), version: z.number().int() })
  .meta({ id: 'File' })

const SettingsForm = z.object(SETTINGS).meta({ id: 'ProjectSettings' })

const TAG = 'Projects'
const moved = (): Record<number, Answer> => ({ 200: { says: 'The jobs that this moved.', form: JobsForm } })

/** What the API of projects says of itself. */
export const PROJECT_SAYS = {
  create: says('createProject', TAG, 'Start a project from a brief', () => ({
    201: { says: 'The project, and the job that plans it.', form: z.object({ project: ProjectForm, job: JobForm }) },
  })),
  list: says('listProjects', TAG, 'The projects, a page at a time', () => ({
    200: {
      says: 'A page; nextCursor is null at the end.',
      form: z.object({ items: z.array(ProjectForm), nextCursor: z.string().nullable() }),
    },
  })),
  get: says('getProject', TAG, 'A project with its tasks and files', () => ({
    200: {
      says: 'The project.',
      form: z.object({ project: ProjectForm, tasks: z.array(TaskForm), files: z.array(FileForm) }),
    },
  })),
  events: says('followProject', TAG, 'The events of a project', () => ({ 200: eventStream() })),
  edit: says('editProject', TAG, 'Give a project another title, model, tier, priority or tags', () => ({
    200: { says: 'The project as it is now; its ETag is its version.', form: z.object({ project: ProjectForm }) },
  })),
  settings: says('getProjectSettings', TAG, 'The settings of a project', () => ({
    200: { says: 'All of them, with the defaults.', form: z.object({ settings: SettingsForm }) },
  })),
  setSettings: says('changeProjectSettings', TAG, 'Change settings of a project', () => ({
    200: { says: 'All of them, as they are now.', form: z.object({ settings: SettingsForm }) },
  })),
  cancel: says('cancelProject', TAG, 'Stop all that a project does', moved),
  pause: says('pauseProject', TAG, 'Pause all that a project does', moved),
  resume: says('resumeProject', TAG, 'Go on with a paused project', moved),
  retry: says('retryProject', TAG, 'Try again what failed, was stopped or is held, from where each was', moved),
  check: says('checkProject', TAG, 'Look at a finished project again, with a model’s reading', () => ({
    201: { says: 'The job that checks it.', form: z.object({ job: JobForm }) },
  })),
  run: says('runProject', TAG, 'Carry out a plan that waited for a person', () => ({
    201: { says: 'The jobs that this started.', form: JobsForm },
  })),
}
