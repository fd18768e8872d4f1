import { join } from 'node:path'
import { addAccount } from '../../../src/accounts/accounts.ts'
import { openHasher } from '../../../src/accounts/hasher.ts'
import { createToken } from '../../../src/accounts/tokens.ts'
import { deleteFile, writeFile } from '../../../src/workspace/files.ts'
import { testApp } from '../../support/app.ts'
import { stoppedClock } from '../../support/clock.ts'
import { silent, temporaryFolder } from '../../support/database.ts'

/** Git as a person has it, but with no settings of this machine. */
const CLIENT = { HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
const PASSWORD = 'correct horse battery'

/** Without git on the machine these tests can't run, and are left out; CI has it, since it clones. */
export const NO_GIT = !Bun.which('git')

/** Runs the real git client. */
export async function git(args: string[], cwd: string): Promise<{ code: number; out: string; errors: string }> {
  const child = Bun.spawn(['git', ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...CLIENT },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, out, errors }
}

export type GitHouse = Awaited<ReturnType<typeof gitHouse>>
export type GitProject = Awaited<ReturnType<GitHouse['empty']>>

/** The product on real sockets, an owner with a token, and a folder for clones. */
export async function gitHouse() {
  const folder = temporaryFolder()
  const clock = stoppedClock()
  const app = await testApp({ work: false, clock })
  const accounts = { ...app.app, hasher: openHasher(), log: silent }
  const add = (email: string, role?: string) => addAccount(accounts, { email, password: PASSWORD, role })
  const tokenFor = async (account: string, scopes?: string[]) =>
    (await createToken(accounts, { name: 'git', account, scopes })).secret
  const ann = await add('ann@example.org')
  const token = await tokenFor('ann@example.org')
  let clones = 0
  return {
    ...app,
    clock,
    folder: folder.path,
    tokenFor,
    /** Adds somebody; what a browser of theirs sends once it is signed in. */
    async signedIn(email: string, role: string): Promise<string> {
      await add(email, role)
      const response = await fetch(`${app.url}/sign-in`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ email, password: PASSWORD }),
      })
      return (response.headers.get('set-cookie') ?? '').split(';')[0]!
    },
    /** A project without files. */
    async empty() {
      const { id } = (await app.make('A bakery')).project
      const by = `person:${ann.id}`
      const remote = (secret = token) => app.url.replace('//', `//git:${secret}@`).concat(`/git/${id}.git`)
      return {
        id,
        by,
        remote,
        at: `/git/${id}.git`,
        async write(path: string, content: string | Uint8Array, as = by) {
          const blob = await app.app.blobs.put(content)
          return app.app.db.write((tx) => writeFile(app.app, tx, { project: id, path, blob, by: as }))
        },
        remove: (path: string) => app.app.db.write((tx) => deleteFile(app.app, tx, { project: id, path, by })),
        async clone(...more: string[]): Promise<string> {
          const name = `clone-${++clones}`
          const { code, errors } = await git(['clone', '-q', ...more, remote(), name], folder.path)
          if (code !== 0) throw new Error(errors)
          return join(folder.path, name)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}
