import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { changes, operations } from '../../../src/changes/tables.ts'
import { modelCalls } from '../../../src/llm/tables.ts'
import { filesOf, readFileText } from '../../../src/workspace/files.ts'
import { openGit } from '../../../src/workspace/git/program.ts'
import { openRepositories } from '../../../src/workspace/git/repository.ts'
import { silent } from '../../support/database.ts'
import { testWorkspace } from '../support.ts'
import { git, NO_GIT } from './support.ts'

setDefaultTimeout(30_000) // git starts many processes, and the machine may be busy

type Space = Awaited<ReturnType<typeof testWorkspace>>

/** Repositories of a workspace; `before` is called with each file's content before git gets it. */
function repositoriesOf(space: Space, before: (hash: string) => void = () => {}) {
  const open: typeof space.blobs.open = (hash) => {
    before(hash)
    return space.blobs.open(hash)
  }
  return openRepositories({
    ...space,
    blobs: { ...space.blobs, open },
    data: space.folder,
    git: openGit(),
    log: silent,
  })
}

const logOf = async (place: string) => (await git(['log', '--reverse', '--format=%H %s'], place)).out.trim().split('\n')

describe.skipIf(NO_GIT)('a repository', () => {
  test('that was cut off in the middle is never taken for whole, and goes on the same', async () => {
    await using space = await testWorkspace()
    for (const text of ['one', 'two', 'three', 'four']) await space.write('a.txt', text)
    const whole = await logOf(await repositoriesOf(space).upToDate('p1'))
    rmSync(join(space.folder, 'git'), { recursive: true })

    let count = 0
    const dying = repositoriesOf(space, () => {
      if (++count === 3) throw new Error('the server dies')
    })
    await expect(dying.upToDate('p1')).rejects.toThrow('the server dies')
    expect(existsSync(join(space.folder, 'git/1/p1.git'))).toBe(false)
    expect(await logOf(await repositoriesOf(space).upToDate('p1'))).toEqual(whole)
  })

  test('that was cut off while it grew keeps what it had, and goes on the same', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'one')
    const place = await repositoriesOf(space).upToDate('p1')
    const before = await logOf(place)
    for (const text of ['two', 'three', 'four']) await space.write('a.txt', text)

    let count = 0
    const dying = repositoriesOf(space, () => {
      if (++count === 2) throw new Error('the server dies')
    })
    await expect(dying.upToDate('p1')).rejects.toThrow('the server dies')
    expect(await logOf(place)).toEqual(before)
    const { ino } = statSync(place)
    const grown = await logOf(await repositoriesOf(space).upToDate('p1'))
    expect([grown.length, grown[0]]).toEqual([4, before[0]!])
    expect(statSync(place).ino).toBe(ino) // it grew, and was not made again
    rmSync(join(space.folder, 'git'), { recursive: true })
    expect(await logOf(await repositoriesOf(space).upToDate('p1'))).toEqual(grown)
  })

  test.each([
    ['a lock that a dead git has left', (at: string) => writeFileSync(join(at, 'refs/heads/main.lock'), '')],
    ['a branch that a power cut has emptied', (at: string) => truncateSync(join(at, 'refs/heads/main'))],
    ['objects that are gone', (at: string) => rmSync(join(at, 'objects'), { recursive: true })],
  ])('with %s is made again', async (_what, damage) => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'one')
    const place = await repositoriesOf(space).upToDate('p1')
    const [first] = await logOf(place)
    damage(place)
    await space.write('a.txt', 'two')
    const log = await logOf(await repositoriesOf(space).upToDate('p1'))
    expect([log.length, log[0]]).toEqual([2, first!])
    expect((await git(['fsck', '--strict'], place)).code).toBe(0)
  })

  test('that knows more than the database, since an older backup was restored, is made again', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'one')
    const before = await logOf(await repositoriesOf(space).upToDate('p1'))
    const lost = await space.write('a.txt', 'two')
    await repositoriesOf(space).upToDate('p1')
    await space.db.write(async (tx) => {
      await tx.run('delete from file_versions where version = 2')
      await tx.delete(operations).where(eq(operations.change, lost.id))
      await tx.delete(changes).where(eq(changes.id, lost.id))
    })
    expect(await logOf(await repositoriesOf(space).upToDate('p1'))).toEqual(before)
  })

  test('has every change that was made before it was asked for, though another update runs', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'one')
    const repositories = repositoriesOf(space)
    const first = repositories.upToDate('p1')
    await space.write('a.txt', 'two')
    const [second, third] = [repositories.upToDate('p1'), repositories.upToDate('p1')]
    await first
    expect(await logOf(await second)).toHaveLength(2)
    expect(await third).toBe(await second)
  })

  test('of a project that is gone is removed when the server starts', async () => {
    await using space = await testWorkspace()
    await space.write('a.txt', 'one')
    await space.write('a.txt', 'two', { project: 'p2' })
    const kept = await repositoriesOf(space).upToDate('p1')
    const gone = await repositoriesOf(space).upToDate('p2')
    await space.db.write((tx) => tx.run("delete from projects where id = 'p2'"))
    repositoriesOf(space)
    while (existsSync(gone)) await Bun.sleep(5)
    expect(existsSync(kept)).toBe(true)
  })

  test('says of a job’s change which model wrote it, and of an undoing what it takes back', async () => {
    await using space = await testWorkspace()
    const made = await space.write('a.txt', 'one', {
      by: 'job:j1',
      job: { id: 'j1', kind: 'write', attempt: 1, startedAt: null },
    })
    await space.db.write((tx) => tx.insert(modelCalls).values(call('j1', space.clock.now())))
    const undone = await space.db.write((tx) => space.changes.undo(tx, made.id, { by: 'person:ann' }))
    const place = await repositoriesOf(space).upToDate('p1')
    const of = async (commit: string) => (await git(['log', '-1', '--format=%an%n%B', commit], place)).out
    expect(await of('main^')).toBe(`Hearth\nWrote a.txt\n\nChange: ${made.id}\nJob: j1\nModel: anthropic/claude-x\n\n`)
    expect(await of('main')).toContain(`Undid: Wrote a.txt\n\nChange: ${undone.id}\nUndoes: ${made.id}\n`)
  })

  test('holds at each commit what the project held then', async () => {
    await using space = await testWorkspace()
    const held: Record<string, string>[] = []
    for (const [path, text] of fc.sample(EDIT, { numRuns: 60, seed: 43 })) {
      const change = await (text === null ? space.remove(path) : space.write(path, text)).catch(() => null)
      if (change === null) continue // refused: it would lie in the place of another
      const files = await filesOf(space.read, 'p1')
      const texts = await Promise.all(files.map((file) => readFileText(space, file)))
      const state = Object.fromEntries(files.map(({ path }, i) => [path, blobId(texts[i]!)]))
      if (!Bun.deepEquals(state, held.at(-1))) held.push(state)
    }
    expect(held.length).toBeGreaterThan(20)
    expect(await treesOf(await repositoriesOf(space).upToDate('p1'))).toEqual(held)
  })
})

const PATH = fc.constantFrom('a', 'a/b', 'b.txt', 'C/ä.md', 'C/d e.txt', 'c/x.txt')
const CONTENT = fc.option(fc.constantFrom('', '1', '2\n', 'data 5\nfrom x\n', 'done\n'), { nil: null, freq: 3 })
const EDIT = fc.tuple(PATH, CONTENT)

/** The name that git gives to content. */
function blobId(text: string): string {
  return new Bun.CryptoHasher('sha1').update(`blob ${Buffer.byteLength(text)}\0${text}`).digest('hex')
}

/** What each commit holds, the oldest first: path -> blob. */
async function treesOf(place: string): Promise<Record<string, string>[]> {
  const { out } = await git(
    ['log', '--reverse', '--raw', '--no-renames', '--no-abbrev', '-z', '--format=commit%n'],
    place,
  )
  const trees: Record<string, string>[] = []
  const words = out.split('\0').map((word) => word.trim())
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'commit') trees.push({ ...trees.at(-1) })
    if (!words[i]!.startsWith(':')) continue
    const [, , , blob, what] = words[i]!.split(' ')
    const path = words[++i]!
    if (what === 'D') delete trees.at(-1)![path]
    else trees.at(-1)![path] = blob!
  }
  return trees
}

function call(job: string, at: number) {
  return {
    id: 'c1',
    scope: 'p1',
    job,
    purpose: 'write' as const,
    provider: 'anthropic',
    model: 'claude-x',
    openedAt: at,
    estimated: false,
    priced: true,
    inputTokens: 1,
    outputTokens: 1,
    costMicros: 0,
  }
}
