import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { zipOf } from '../../src/workspace/archive.ts'
import { testWorkspace } from './support.ts'

const bytesOf = async (stream: ReadableStream<Uint8Array>) => new Uint8Array(await new Response(stream).arrayBuffer())

const FILES = {
  'README.md': '# Crumb & Co\n'.repeat(200),
  'empty.txt': '',
  'images/krümel 🥐.png': 'not really a picture',
  'pages/menü.html': '<p>Brot',
}

test('the zip holds every present file, in order of paths, with its bytes', async () => {
  await using space = await testWorkspace()
  for (const [path, text] of Object.entries(FILES).reverse()) await space.write(path, text)
  await space.write('gone.txt', 'x')
  await space.remove('gone.txt')
  await space.write('README.md', FILES['README.md'])
  await space.write('other.txt', 'of another project', { project: 'p2' })

  const files = unzipSync(await bytesOf(await zipOf(space, 'p1')))
  expect(Object.keys(files)).toEqual(Object.keys(FILES))
  for (const [path, text] of Object.entries(FILES)) expect(new TextDecoder().decode(files[path])).toBe(text)
})

test('the same project gives the same zip, byte by byte', async () => {
  await using space = await testWorkspace()
  for (const [path, text] of Object.entries(FILES)) await space.write(path, text)
  const first = await bytesOf(await zipOf(space, 'p1'))
  space.clock.pass(86_400_000)
  expect(await bytesOf(await zipOf(space, 'p1'))).toEqual(first)
})

test('an empty project is an empty zip', async () => {
  await using space = await testWorkspace()
  expect(unzipSync(await bytesOf(await zipOf(space, 'p1')))).toEqual({})
})

test.skipIf(!Bun.which('unzip'))('other programs can read it', async () => {
  await using space = await testWorkspace()
  for (const [path, text] of Object.entries(FILES)) await space.write(path, text)
  const path = join(space.folder, 'all.zip')
  await Bun.write(path, await bytesOf(await zipOf(space, 'p1')))
  const { exitCode, stdout } = Bun.spawnSync(['unzip', '-t', path])
  expect(stdout.toString()).toContain('No errors detected')
  expect(exitCode).toBe(0)
})

test('a big file is not held in memory: it is read as the reader takes it', async () => {
  await using space = await testWorkspace()
  const piece = crypto.getRandomValues(new Uint8Array(65_536))
  const big = new Uint8Array(64 * 2 ** 20).map((_, i) => piece[i % piece.length]! ^ (i >> 16))
  await space.write('big.bin', big)

  const reader = (await zipOf(space, 'p1')).getReader()
  const first = await reader.read()
  await Bun.sleep(50)
  expect(first.value!.byteLength).toBeLessThan(4_000_000)
  let most = 0
  let total = first.value!.byteLength
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    most = Math.max(most, part.value.byteLength)
    total += part.value.byteLength
  }
  expect(most).toBeLessThan(4_000_000)
  expect(total).toBeGreaterThan(big.byteLength)
})

test('a file whose content is gone breaks the download instead of shortening it', async () => {
  await using space = await testWorkspace()
  await space.write('a.txt', 'one')
  await space.lose('a.txt')
  await expect(zipOf(space, 'p1').then(bytesOf)).rejects.toThrow()
})

test('a reader who leaves ends it', async () => {
  await using space = await testWorkspace()
  await space.write('big.bin', new Uint8Array(8 * 2 ** 20))
  const reader = (await zipOf(space, 'p1')).getReader()
  await reader.read()
  await reader.cancel()
  expect((await reader.read()).done).toBe(true)
})

test('as of a change, it holds what the project held then', async () => {
  await using space = await testWorkspace()
  await space.write('a.txt', 'one')
  await space.write('gone.txt', 'here')
  const then = await space.write('a.txt', 'two')
  await space.write('a.txt', 'three')
  await space.remove('gone.txt')
  await space.write('late.txt', 'x')
  const held = async (query: string) => {
    const files = unzipSync(new Uint8Array(await (await space.ask(`/api/projects/p1/zip${query}`)).arrayBuffer()))
    return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]))
  }
  expect(await held(`?at=${then.id}`)).toEqual({ 'a.txt': 'two', 'gone.txt': 'here' })
  expect(await held('')).toEqual({ 'a.txt': 'three', 'late.txt': 'x' })
  for (const wrong of ['/api/projects/p1/zip?at=nope', `/api/projects/p2/zip?at=${then.id}`])
    expect((await space.ask(wrong)).status).toBe(404)
})
