import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entriesOf, type TarContent, tarOf } from '../../src/ops/tar.ts'
import { temporaryFolder } from '../support/database.ts'

async function* contents(files: Record<string, string>): AsyncGenerator<TarContent> {
  for (const [name, text] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(text)
    yield { name, bytes: bytes.byteLength, content: pieces(bytes) }
  }
}

async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.byteLength; at += 100) yield bytes.subarray(at, at + 100)
}

async function made(path: string, files: Record<string, string>) {
  const chunks: Uint8Array[] = []
  for await (const chunk of tarOf(contents(files), 0)) chunks.push(chunk)
  writeFileSync(path, Buffer.concat(chunks))
}

test('what is packed here is unpacked by the system’s tar, and the other way round', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.tar')
  const files = { 'empty.txt': '', 'one.txt': 'x', 'full.txt': 'y'.repeat(512), 'blobs/long.txt': 'z'.repeat(1_300) }
  await made(path, files)
  mkdirSync(join(folder.path, 'out'))
  expect(Bun.spawnSync(['tar', 'xf', path, '-C', join(folder.path, 'out')]).exitCode).toBe(0)
  for (const [name, text] of Object.entries(files))
    expect(await Bun.file(join(folder.path, 'out', name)).text()).toBe(text)
  const other = join(folder.path, 'b.tar')
  const names = Object.keys(files)
  Bun.spawnSync(['tar', '--format=ustar', '-cf', other, '-C', join(folder.path, 'out'), ...names])
  for (const tar of [path, other]) {
    const entries = await Array.fromAsync(entriesOf(tar))
    expect(entries.map(({ name }) => name)).toEqual(names)
    for (const { name, at, bytes } of entries)
      expect(
        await Bun.file(tar)
          .slice(at, at + bytes)
          .text(),
      ).toBe(files[name as keyof typeof files])
  }
})

test('a content of another size than was said breaks the stream', async () => {
  async function* lying(): AsyncGenerator<TarContent> {
    yield { name: 'a', bytes: 3, content: pieces(new Uint8Array(2)) }
  }
  expect(Array.fromAsync(tarOf(lying(), 0))).rejects.toThrow('a has 2 bytes, not 3')
})

test('a file that was cut off anywhere is refused', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.tar')
  await made(path, { a: 'x'.repeat(700), b: 'y' })
  const whole = await Bun.file(path).bytes()
  for (let length = 0; length < whole.byteLength - 1_024; length += 150) {
    writeFileSync(path, whole.subarray(0, length))
    const error = await Array.fromAsync(entriesOf(path)).catch((error) => error)
    expect(error).toMatchObject({ code: 'backup_unreadable' })
  }
})

test('links, folders and other things than plain files are refused', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.tar')
  const source = join(folder.path, 'in')
  mkdirSync(source)
  for (const make of [
    'ln -s /etc/passwd hearth.db',
    'mkdir hearth.db',
    'mkfifo hearth.db',
    'echo x > y; ln y hearth.db; set -- y',
  ]) {
    Bun.spawnSync(['sh', '-c', `rm -rf * && ${make} && tar --format=ustar -cf ${path} "$@" hearth.db`], { cwd: source })
    const error = await Array.fromAsync(entriesOf(path)).catch((error) => error)
    expect(error).toMatchObject({ code: 'backup_unreadable' })
  }
})
