import { expect, test } from 'bun:test'
import { openFeeds } from '../../src/projects/feed.ts'
import type { FileRow, ProjectPanels } from '../../src/projects/page.ts'
import { testApp } from '../support/app.ts'
import { until } from '../support/jobs.ts'

const ORIGIN = 'http://localhost:1'

function file(path: string): FileRow {
  return { path, language: 'text', bytes: 1, version: 1, url: `/${path}`, rawUrl: `/raw/${path}` }
}

const UNWATCHED = { add() {}, delete() {} }

test('a rendering that takes long never puts an older page over a newer one', async () => {
  await using app = await testApp({ work: false })
  const { project } = await app.make()
  const slow = Promise.withResolvers<void>()
  let asked = 0
  const panels: ProjectPanels = {
    async files() {
      asked++
      if (asked !== 2) return [file('newer.txt')]
      await slow.promise
      return [file('older.txt')]
    },
    pictures: async () => [],
    previewPath: () => '',
    modelLabel: (label) => ({ label, demo: false }),
  }
  const { hub } = app.app
  const feeds = openFeeds({ ...app.app, panels })
  const reader = feeds.open({ project: project.id, previewOrigin: ORIGIN }, UNWATCHED).body!.getReader()
  let shown = ''
  const reading = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const text = new TextDecoder().decode(part.value)
      shown = /(older|newer)\.txt/.exec(text)?.[1] ?? shown
    }
  })()
  const happens = () => hub.publish({ ...hub.heartbeat({ project: project.id }), type: 'progress', scope: project.id })
  await until(() => shown !== '')
  happens()
  await until(() => asked === 2)
  happens()
  await Bun.sleep(300) // longer than the time between two renderings
  slow.resolve()
  await until(() => asked >= 3)
  await until(() => shown === 'newer')
  await Bun.sleep(50)
  expect(shown).toBe('newer')
  await reader.cancel()
  await reading
}, 60_000)
