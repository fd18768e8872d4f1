import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { besideName, pictureName, resultName, slugOf } from '../../src/studio/result-names.ts'
import { repairResults } from '../../src/studio/results.ts'
import { artifacts } from '../../src/studio/tables.ts'
import { purgeTrash } from '../../src/workspace/trash/purge.ts'
import { testApp } from '../support/app.ts'
import { until } from '../support/jobs.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const TASK = { id: 'a', kind: 'render', path: 'images/light house.png', prompt: 'a lighthouse', width: 64, height: 64 }

/** An app with one finished picture. */
async function withPicture() {
  const app = await testApp({ providers: [scriptedModel({ plan: [planOf([TASK])] })] })
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('done')
  const [made] = await app.app.read.select().from(artifacts)
  const deps = app.app
  const place = join(app.data, 'results', resultName(made!))
  await until(async () => existsSync(place), 'the result is there')
  return Object.assign(app, { project: project.id, made: made!, deps, place })
}

test('a result has a name that says what it is, the bytes that are kept, and all that is known of it beside it', async () => {
  await using app = await withPicture()
  const { made, place, project } = app
  expect(place).toEndWith(`/results/${project}/light-house/${made.job}-1-${made.hash.slice(0, 8)}.png`)
  const kept = join(app.data, 'blobs', made.hash.slice(0, 2), made.hash)
  expect(statSync(place).ino).toBe(statSync(kept).ino)
  expect(statSync(place).mode & 0o777).toBe(0o400)
  expect(JSON.parse(readFileSync(`${place}.json`, 'utf8'))).toMatchObject({
    artifact: made.id,
    file: { path: 'images/light house.png', sha256: made.hash, mediaType: 'image/png', width: 64, height: 64 },
    engine: { name: 'sketch' },
    job: made.job,
    attempt: 1,
    n: 1,
    recipe: { function: 'image', params: { prompt: 'a lighthouse', width: 64 }, n: 1 },
  })
})

test('what a crash, or somebody, has taken out of the folder is put back at the next look, once', async () => {
  await using app = await withPicture()
  const { deps, place } = app
  rmSync(place)
  expect([await repairResults(deps), await repairResults(deps)]).toEqual([1, 0])
  expect(statSync(place).size).toBe(app.made.bytes)
  rmSync(place)
  rmSync(`${place}.json`)
  writeFileSync(`${place}.part`, 'half')
  expect([await repairResults(deps), await repairResults(deps)]).toEqual([1, 0])
  expect(existsSync(`${place}.part`)).toBe(false)
  rmSync(place, { force: true })
  writeFileSync(place, 'cut off')
  expect(await repairResults(deps)).toBe(1)
  expect(statSync(place).size).toBe(app.made.bytes)
})

test('the results of a project go when it is removed for good, and stay while it is in the trash', async () => {
  await using app = await withPicture()
  const { deps, place, project } = app
  await app.request(`/api/projects/${project}`, { method: 'DELETE' })
  await repairResults(deps)
  expect(existsSync(place)).toBe(true)
  await purgeTrash({ ...deps, data: app.data }, Date.now() + 1, new AbortController().signal)
  mkdirSync(join(app.data, 'results', 'the best ones'))
  await repairResults(deps)
  expect(existsSync(join(app.data, 'results', project))).toBe(false)
  expect(existsSync(join(app.data, 'results', 'the best ones'))).toBe(true) // a person's own
})

test('an artifact from before batches keeps its place, and gets its result', async () => {
  await using app = await withPicture()
  const { db } = app.deps
  await db.write((tx) =>
    tx.run(
      sql`UPDATE artifacts SET recipe = NULL, n = 1, engine_version = '', lowered = '[]', tier = NULL, render_ms = NULL`,
    ),
  )
  rmSync(`${app.place}.json`)
  expect(await repairResults(app.deps)).toBe(1)
  expect(JSON.parse(readFileSync(`${app.place}.json`, 'utf8')).recipe).toBeNull()
})

test('names are made of the words of a prompt or a path, and never of a counter', () => {
  expect(slugOf('A Ladder, épée & 灯塔!')).toBe('a-ladder-epee')
  expect(slugOf('灯塔')).toBe('picture')
  expect(slugOf('../../etc/passwd')).toBe('etc-passwd')
  expect(slugOf('x'.repeat(300))).toHaveLength(48)
  expect(pictureName('A red fox', 'ab'.repeat(32), 'image/webp')).toBe('pictures/a-red-fox-abababab.webp')
  expect([besideName('a/hero.png', 2), besideName('a.b/hero', 3)]).toEqual(['a/hero-2.png', 'a.b/hero-3'])
})
