import { Elysia } from 'elysia'
import { DomainError, Forbidden, NotFound } from '../../errors.ts'
import { projectById } from '../../projects/projects.ts'
import type { Guard } from '../../web/guard.ts'
import { openSlots } from '../slots.ts'
import { openGit } from './program.ts'
import { openRepositories, type RepositoriesDeps } from './repository.ts'
import { advertisement, type UploadDeps, uploadPack } from './upload-pack.ts'

/** Clones and fetches served at once, each with one thread of packing, and how many may wait. */
const SLOTS = { most: 3, waiting: 32, busy }
/** How long the first clone of a long history may be prepared before a byte is sent, in seconds. */
const PREPARING_S = 255

export interface GitRoutesDeps extends Omit<RepositoriesDeps, 'git'> {
  guard: Guard
  /** Where the program is, when not where the machine says; null: there is none. */
  gitProgram?: string | null | undefined
}

/** The git door: `git clone http://…/git/<project>.git`, for reading alone. */
export function gitRoutes(deps: GitRoutesDeps) {
  const git = openGit(deps.gitProgram)
  const door: UploadDeps = {
    git,
    log: deps.log,
    repositories: openRepositories({ ...deps, git }),
    slots: openSlots(SLOTS),
  }
  const projectIn = async (repository: string) => {
    const id = /^(.+)\.git$/.exec(repository)?.[1]
    if (id === undefined) throw new NotFound('project', repository)
    return (await projectById(deps.read, id)).id
  }
  return new Elysia({ prefix: '/git' })
    .use(deps.guard)
    .get('/:repository/info/refs', async ({ params, query, request, server }) => {
      const project = await projectIn(params.repository)
      const { service } = query as { service?: string }
      if (service === 'git-receive-pack') throw readOnly()
      if (service !== 'git-upload-pack') throw notDumb()
      server?.timeout(request, PREPARING_S)
      return advertisement(door, project, request)
    })
    .post('/:repository/git-upload-pack', async ({ params, request, server }) => {
      const project = await projectIn(params.repository)
      server?.timeout(request, PREPARING_S)
      return uploadPack(door, project, request)
    })
    .post('/:repository/git-receive-pack', async ({ params }) => {
      await projectIn(params.repository)
      throw readOnly()
    })
}

function busy(): DomainError {
  return new DomainError('git_busy', 'Too many clones run at this moment. Try again in a minute.', {
    retryable: true,
    retryAfterMs: 60_000,
  })
}

function readOnly(): Forbidden {
  return new Forbidden(
    'git_read_only',
    'Hearth’s repositories are for reading: nothing was pushed. Change files in Hearth, or import them there.',
  )
}

function notDumb(): Forbidden {
  return new Forbidden('git_too_old', 'This git asks in a way that Hearth does not answer. Use git 1.6.6 or newer.')
}
