import { afterAll, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { ownFolder } from '../../support/folders.ts'

const place = ownFolder('hearth-demo')
/** What the programs' own tests leave behind goes with it. */
const scratch = join(place.path, 'tmp')
mkdirSync(scratch)
afterAll(() => place[Symbol.dispose]())

/** Writes the program of a brief into a new folder. */
async function made(brief: string): Promise<string> {
  const folder = mkdtempSync(join(place.path, 'program-'))
  const { plan, file } = demoProject(brief)
  for (const { kind, path } of plan.tasks) if (kind === 'write') await Bun.write(join(folder, path!), file(path!)!)
  return folder
}

async function run(folder: string, ...args: string[]) {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: folder,
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH, TMPDIR: scratch },
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

describe('each program helps, and passes its own tests', () => {
  test.each([
    'a CLI that renames photos by date',
    'a command line tool to convert CSV to JSON',
    'a script that finds duplicate files',
    'a CLI todo list called tick',
    'a program that counts words',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile on purpose
    'a command-line program that waters `my` ${plants} and "logs" the \\ result */ // weekly',
  ])(
    '%s',
    async (brief) => {
      const folder = await made(brief)
      const help = await run(folder, 'src/cli.ts', '--help')
      expect(help).toMatchObject({ code: 0, err: '' })
      expect(help.out).toContain(brief)
      expect(help.out).toContain('Usage:')
      const tests = await run(folder, 'test')
      expect([tests.code, tests.err]).toEqual([0, expect.stringContaining(' 0 fail')])
    },
    30_000,
  )
})

test('photos are renamed only when asked to, and a missing folder is an error in words', async () => {
  const folder = await made('a CLI that renames photos by date')
  const photos = mkdtempSync(join(place.path, 'photos-'))
  await writeFile(join(photos, 'IMG_1.JPG'), 'x')
  await utimes(join(photos, 'IMG_1.JPG'), new Date(2026, 0, 2, 3, 4, 5), new Date(2026, 0, 2, 3, 4, 5))
  expect((await run(folder, 'src/cli.ts', photos)).out).toContain('Would rename 1 file')
  expect(await readdir(photos)).toEqual(['IMG_1.JPG'])
  await run(folder, 'src/cli.ts', photos, '--apply')
  expect(await readdir(photos)).toEqual(['2026-01-02_03-04-05.jpg'])
  expect(await run(folder, 'src/cli.ts', join(photos, 'none'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('That did not work'),
  })
})

test('CSV becomes JSON', async () => {
  const folder = await made('convert csv files to json on the command line')
  await writeFile(join(folder, 'a.csv'), 'name;age\n"Ada; L.";36\n')
  expect(JSON.parse((await run(folder, 'src/cli.ts', 'a.csv')).out)).toEqual([{ name: 'Ada; L.', age: 36 }])
})

test('what the demo does not recognise becomes an honest survey of files', async () => {
  const folder = await made('a CLI that predicts the weather on Mars')
  expect(await Bun.file(join(folder, 'README.md')).text()).toContain('did not recognise')
  expect((await run(folder, 'src/cli.ts', '.', 'src')).out).toContain('.ts: 2 files')
})
