import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoProject } from '../../src/llm/demo/project.ts'
import { testApp } from '../support/app.ts'
import type { WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import { lines } from '../support/second-process.ts'
import { startServer } from '../support/server.ts'

const MAIN = join(import.meta.dir, '../../src/main.ts')
const BRIEF = 'a command line program that renames photos'
const QUICK = { HEARTH_DEMO_BYTES_PER_SECOND: '1000000', HEARTH_SKETCH_STEP_MS: '0' }

function make(data: string, args: string[], env: Record<string, string> = QUICK) {
  return Bun.spawn([process.execPath, MAIN, 'make', ...args], {
    env: { PATH: process.env.PATH, HEARTH_DATA: data, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

test('`hearth make --json --out` prints the project’s lines, and leaves its files', async () => {
  using folder = temporaryFolder()
  const out = join(folder.path, 'out')
  const child = make(join(folder.path, 'data'), [BRIEF, '--json', '--out', out])
  const [text, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect([await child.exited, errors]).toEqual([0, ''])
  const said = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as WireLine)
  expect(said.at(-1)).toMatchObject({ type: 'end', reason: 'idle' })
  let last = 0
  for (const { seq, prev } of said.filter(({ seq }) => seq !== undefined)) {
    expect(prev).toBe(last)
    last = seq!
  }
  const written = said.filter(({ type }) => type === 'file.written')
  expect(filesIn(out)).toEqual(written.map(({ path }) => path as string).sort())
  for (const { path, bytes } of written) {
    const saved = readFileSync(join(out, path))
    expect(saved.byteLength).toBe(bytes)
    expect(saved.toString()).toBe(demoProject(BRIEF).file(path)!)
  }
}, 60_000)

test('`hearth make` works on the server that owns the data directory, and says what it made', async () => {
  await using app = await testApp()
  const out = join(app.data, 'out')
  const child = make(app.data, [BRIEF, '--out', out])
  const text = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  const [project] = (await app.json('/api/projects')).items
  const { files } = await app.json(`/api/projects/${project.id}`)
  expect(text).toContain(`${project.title}: done, ${files.length} files in ${out}`)
  for (const { path } of files) {
    expect(text).toContain(path)
    const bytes = await (await app.request(`/api/projects/${project.id}/files/${path}`)).arrayBuffer()
    expect(readFileSync(join(out, path)).equals(Buffer.from(bytes))).toBe(true)
  }
}, 60_000)

test('`hearth make` refuses a folder that holds something, before any work, and leaves it', async () => {
  using folder = temporaryFolder()
  const out = join(folder.path, 'out')
  mkdirSync(out)
  writeFileSync(join(out, 'mine.txt'), 'mine')
  const child = make(join(folder.path, 'data'), [BRIEF, '--out', out])
  const errors = await new Response(child.stderr).text()
  expect(await child.exited).toBe(1)
  expect(errors).toBe(`${out} holds something already. Choose another --out, or add --force to write over it.\n`)
  expect(readdirSync(out)).toEqual(['mine.txt'])
  expect(existsSync(join(folder.path, 'data', 'hearth.db'))).toBe(false)
})

test('`hearth make` says in words what it can’t make', async () => {
  using folder = temporaryFolder()
  const wrong: [string[], number, RegExp][] = [
    [['  '], 1, /^Say in a sentence or more what you want to make\.\n$/],
    [[BRIEF, '--model', 'gpt-12'], 1, /^There is no model “gpt-12”\. There is: demo\./],
    [[BRIEF, '--tier', 'ultra'], 1, /low.*premium/],
    [[], 2, /^usage: hearth make/],
    [[BRIEF, '--colour'], 2, /^usage: hearth make/],
    [[BRIEF, 'more'], 2, /^usage: hearth make/],
  ]
  for (const [args, code, says] of wrong) {
    const child = make(join(folder.path, 'data'), args)
    const errors = await new Response(child.stderr).text()
    expect([await child.exited, errors]).toEqual([code, expect.stringMatching(says)])
    expect(errors).not.toMatch(/at .+\.ts:\d/)
  }
}, 60_000)

test('`hearth make` without a server finds its own, also where HEARTH_URL names a proxy', async () => {
  using folder = temporaryFolder()
  const proxied = { ...QUICK, HEARTH_URL: 'https://hearth.invalid' }
  const child = make(join(folder.path, 'data'), [BRIEF], proxied)
  const [text, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect([await child.exited, errors]).toEqual([0, ''])
  expect(text).toContain(': done, ')
}, 60_000)

test('`hearth make` goes on with the next server when the one that it watches is killed', async () => {
  using folder = temporaryFolder()
  const env = { HEARTH_DEMO_BYTES_PER_SECOND: '3000', HEARTH_SKETCH_STEP_MS: '0' }
  const out = join(folder.path, 'out')
  let child: ReturnType<typeof make>
  let said: AsyncIterator<string>
  {
    await using first = await startServer({ data: folder.path, env })
    child = make(folder.path, [BRIEF, '--json', '--out', out], env)
    said = lines(child.stdout)[Symbol.asyncIterator]()
    for (let line = ''; !line.includes('"delta"'); ) line = (await said.next()).value
    await first.kill()
  }
  await using _second = await startServer({ data: folder.path, env: QUICK })
  const seen: WireLine[] = []
  for (let next = await said.next(); !next.done; next = await said.next()) seen.push(JSON.parse(next.value))
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([
    0,
    'The server is away. Waiting for it; Ctrl-C stops watching.\n',
  ])
  expect(seen.at(-1)).toMatchObject({ type: 'end', reason: 'idle' })
  const durable = seen.filter(({ seq }) => seq !== undefined)
  for (const [at, { prev }] of durable.slice(1).entries()) expect(prev).toBe(durable[at]!.seq!)
  expect(filesIn(out)).toEqual(
    demoProject(BRIEF)
      .plan.tasks.flatMap(({ path }) => path ?? [])
      .sort(),
  )
}, 60_000)

test('a reader of `--json` that has had enough ends `hearth make` without a word', async () => {
  using folder = temporaryFolder()
  const line = `"${process.execPath}" "${MAIN}" make "${BRIEF}" --json | head -n 2; echo "code \${PIPESTATUS[0]}"`
  const shell = Bun.spawn(['bash', '-c', line], {
    env: { PATH: process.env.PATH, HEARTH_DATA: folder.path, ...QUICK },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [text, errors] = await Promise.all([new Response(shell.stdout).text(), new Response(shell.stderr).text()])
  expect([text.trim().split('\n').at(-1), errors]).toEqual(['code 141', ''])
}, 60_000)

test('Ctrl-C ends `hearth make` with 130 and keeps the project, which goes on with the next server', async () => {
  using folder = temporaryFolder()
  const child = make(folder.path, [BRIEF, '--json'], { HEARTH_DEMO_BYTES_PER_SECOND: '2000' })
  for await (const line of lines(child.stdout)) if (JSON.parse(line).type === 'delta') break
  const asked = performance.now()
  child.kill('SIGINT')
  expect(await child.exited).toBe(130)
  expect(performance.now() - asked).toBeLessThan(5_000)
  expect(await new Response(child.stderr).text()).toMatch(/^Stopped watching\. The project is kept \([\w-]+\)/)

  await using app = await testApp({ data: folder.path })
  const [project] = (await app.json('/api/projects')).items
  expect(await app.settled(project.id)).toBe('done')
}, 60_000)

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort()
}
