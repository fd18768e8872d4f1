import { expect, test } from 'bun:test'
import { openAlone } from '../../../src/gpu/models/alone.ts'

test('works on the files of one model come one after another, in their order; those of others do not wait', async () => {
  const alone = openAlone()
  const [first, said] = [Promise.withResolvers<void>(), [] as string[]]
  const works = [
    alone('a', () => first.promise.then(() => said.push('a1'))),
    alone('a', async () => said.push('a2')),
    alone('a', async () => said.push('a3')),
  ]
  await alone('b', async () => said.push('b'))
  first.resolve()
  await Promise.all(works)
  expect(said).toEqual(['b', 'a1', 'a2', 'a3'])
})

test('who gives up waiting says so in words, does nothing, and keeps nobody behind it', async () => {
  const alone = openAlone()
  const [first, said] = [Promise.withResolvers<void>(), [] as string[]]
  const works = [alone('a', () => first.promise), alone('a', async () => said.push('never'), 20)]
  const after = alone('a', async () => said.push('after'))
  await expect(works[1]).rejects.toMatchObject({ code: 'model_busy', message: expect.stringContaining('Try again') })
  expect(said).toEqual([])
  first.resolve()
  await Promise.all([works[0], after])
  expect(said).toEqual(['after'])
})

test('a work that fails passes the files on', async () => {
  const alone = openAlone()
  const failed = alone('a', () => Promise.reject(new Error('the disk is full')))
  const next = alone('a', async () => 'next')
  await expect(failed).rejects.toThrow('disk is full')
  expect(await next).toBe('next')
})
