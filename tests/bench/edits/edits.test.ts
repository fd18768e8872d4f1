import { expect, test } from 'bun:test'
import { PAGE, pageAsItShouldBe } from './page.ts'
import { report } from './report.ts'

test('no case of the corpus is made wrong; docs/edits.md has the figures of today', async () => {
  const all = report().classes.at(-1)!
  expect([all.appliedWrong, all.refusedWrong]).toEqual([0, 0])
  expect(all.cases).toBeGreaterThanOrEqual(150)
  expect(await Bun.file(PAGE).text()).toBe(await pageAsItShouldBe())
})

test('on the same cases each naive way of looking for blocks makes many wrong', () => {
  for (const { appliedWrong } of report().engines.slice(1)) expect(appliedWrong).toBeGreaterThan(10)
})
