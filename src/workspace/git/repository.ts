import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { among } from '../../changes/history.ts'
import { explainFiles } from '../../db/faults.ts'
import { DomainError, NotFound } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { projects } from '../../projects/tables.ts'
import { changeIn } from './commit.ts'
import { importStream, type StreamDeps } from './fast-import.ts'
import { placeOf } from './history.ts'
import { type Git, gitFailed } from './program.ts'

/** Raised when the same changes make other commits than before: what was made earlier is made again. */
const FORMAT = '1'
/** More packs than this are put together into one. */
const MOST_PACKS = 20

export interface RepositoriesDeps extends StreamDeps {
  git: Git
  log: Log
  /** The data directory. */
  data: string
}

/** Bare repositories made of the changes of projects. They are a cache: deleted, they come back the same. */
export interface Repositories {
  /** The folder of a project's repository, which has every change that was made before this was called. */
  upToDate(project: string): Promise<string>
}

/** What a crash left half-made is removed, and so is what another version of Hearth made. */
export function openRepositories(deps: RepositoriesDeps): Repositories {
  const shelf = join(deps.data, 'git', FORMAT)
  sweep(join(deps.data, 'git'), shelf)
  void forgetGone(deps, shelf)
  const running = new Map<string, Promise<string>>()
  const waiting = new Map<string, Promise<string>>()

  function begin(project: string): Promise<string> {
    waiting.delete(project)
    const update = bringUpToDate(deps, shelf, project).finally(() => {
      if (running.get(project) === update) running.delete(project)
    })
    running.set(project, update)
    return update
  }

  return {
    // An update that runs already may have begun before the last change: all who come meanwhile share the next one.
    upToDate(project) {
      if (!/^[\w-]{1,100}$/.test(project)) throw new NotFound('project', project)
      const present = running.get(project)
      if (!present) return begin(project)
      const next =
        waiting.get(project) ??
        present.then(
          () => begin(project),
          () => begin(project),
        )
      waiting.set(project, next)
      return next
    },
  }
}

/** Removes a project's repository: what was removed from the project for good is not to stay in it. */
export async function forgetRepository(data: string, project: string): Promise<void> {
  await rm(join(data, 'git', FORMAT, `${project}.git`), { recursive: true, force: true })
}

async function bringUpToDate(deps: RepositoriesDeps, shelf: string, project: string): Promise<string> {
  const place = join(shelf, `${project}.git`)
  try {
    const last = existsSync(place) ? await lastChange(deps, place, project) : undefined
    if (last !== undefined && (await continued(deps, place, project, last))) return place
    return await madeAgain(deps, place, project)
  } catch (error) {
    throw error instanceof DomainError ? error : explainFiles(error)
  }
}

/** Adds what came since; false when the repository is not as we left it. */
async function continued(deps: RepositoriesDeps, place: string, project: string, last: number): Promise<boolean> {
  try {
    await addCommits(deps, place, project, last)
    await tidy(deps, place)
    return true
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'git_failed') throw error
    deps.log.warn('a repository is made again', { project, error })
    return false
  }
}

/** Beside the present one, whose place it takes when it is complete. */
async function madeAgain(deps: RepositoriesDeps, place: string, project: string): Promise<string> {
  const fresh = `${place}.new`
  await rm(fresh, { recursive: true, force: true })
  mkdirSync(dirname(place), { recursive: true, mode: 0o700 })
  await deps.git.run(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', fresh])
  await addCommits(deps, fresh, project, 0)
  await rm(place, { recursive: true, force: true })
  await rename(fresh, place)
  return place
}

/** Git moves the branch after all else is on disk, and only when it has read `done`. */
async function addCommits(deps: RepositoriesDeps, place: string, project: string, after: number): Promise<void> {
  const stream = importStream(deps, project, after)
  const first = await stream.next()
  if (first.done || isEnd(first.value)) return
  const { child, ended, kill } = deps.git.start(['--git-dir', place, 'fast-import', '--quiet', '--done'])
  try {
    child.stdin.write(first.value)
    for await (const chunk of stream) {
      child.stdin.write(chunk)
      await child.stdin.flush()
    }
    await child.stdin.end()
  } catch (error) {
    kill()
    const { code, said } = await ended
    if ((error as { code?: string }).code === 'EPIPE') throw gitFailed(code, said)
    throw error
  }
  const { code, said } = await ended
  if (code !== 0) throw gitFailed(code, said)
}

function isEnd(chunk: Uint8Array): boolean {
  return new TextDecoder().decode(chunk) === 'done\n'
}

/** Where in the project's changes the repository stands: 0 before the first; undefined when it isn't as we left it. */
async function lastChange(
  { git, read }: RepositoriesDeps,
  place: string,
  project: string,
): Promise<number | undefined> {
  if (!hasMain(place)) return 0
  const { child, ended } = git.start(['--git-dir', place, 'cat-file', 'commit', 'refs/heads/main'])
  child.stdin.end()
  const commit = await new Response(child.stdout).text()
  const change = (await ended).code === 0 ? changeIn(commit) : undefined
  return change === undefined ? undefined : placeOf(read, project, change)
}

function hasMain(place: string): boolean {
  if (existsSync(join(place, 'refs/heads/main'))) return true
  const packed = join(place, 'packed-refs')
  return existsSync(packed) && readFileSync(packed, 'utf8').includes(' refs/heads/main\n')
}

/** Each update may bring a pack of its own: readers of many are slow. */
async function tidy({ git }: RepositoriesDeps, place: string): Promise<void> {
  const packs = readdirSync(join(place, 'objects/pack')).filter((name) => name.endsWith('.pack')).length
  const loose = readdirSync(join(place, 'objects')).length
  if (packs > MOST_PACKS || loose > 200) await git.run(['--git-dir', place, 'repack', '-a', '-d', '-q'])
}

/** What was purged is not kept here either. */
async function forgetGone({ read, log }: RepositoriesDeps, shelf: string): Promise<void> {
  try {
    const names = existsSync(shelf) ? readdirSync(shelf).filter((name) => name.endsWith('.git')) : []
    const known = await read
      .select({ id: projects.id })
      .from(projects)
      .where(
        among(
          projects.id,
          names.map((name) => name.slice(0, -'.git'.length)),
        ),
      )
    const ids = new Set(known.map(({ id }) => id))
    for (const name of names)
      if (!ids.has(name.slice(0, -'.git'.length))) await rm(join(shelf, name), { recursive: true, force: true })
  } catch (error) {
    log.warn('repositories of projects that are gone could not be removed', { error })
  }
}

function sweep(root: string, shelf: string): void {
  if (existsSync(root))
    for (const name of readdirSync(root))
      if (name !== FORMAT) rmSync(join(root, name), { recursive: true, force: true })
  if (!existsSync(shelf)) return
  for (const name of readdirSync(shelf))
    if (name.endsWith('.new')) rmSync(join(shelf, name), { recursive: true, force: true })
}
