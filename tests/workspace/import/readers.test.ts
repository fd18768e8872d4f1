import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { Invalid } from '../../../src/errors.ts'
import { openZip } from '../../../src/workspace/import/directory.ts'
import { boundaryOf, partsOf, textOf } from '../../../src/workspace/import/multipart.ts'
import { unpacked } from '../../../src/workspace/import/zip.ts'
import { temporaryFolder } from '../../support/database.ts'
import { zipOf } from './zips.ts'

const BOUNDARY = '--x-boundary'

describe('a form', () => {
  test('is read the same in whatever pieces it arrives', async () => {
    const part = fc.record({
      name: fc.constantFrom('files', 'mode'),
      filename: fc.option(fc.constantFrom('a/b.txt', 'ü 🥐.txt', ''), { nil: undefined }),
      text: fc.oneof(
        fc.string(),
        fc.constantFrom('', '\r\n', `\r\n--${BOUNDARY.slice(0, 5)}`, `--${BOUNDARY}`, '\r\n\r\n'),
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        async (parts, sizes) => {
          const read: { name: string; filename: string | undefined; text: string }[] = []
          for await (const each of partsOf(inPieces(formOf(parts), sizes), BOUNDARY))
            read.push({ name: each.name, filename: each.filename, text: await textOf(each) })
          expect(read).toEqual(parts)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('gives the next part also when nobody read the one before', async () => {
    const parts = ['one', 'two'].map((text) => ({ name: text, filename: undefined, text }))
    const names: string[] = []
    for await (const { name } of partsOf(inPieces(formOf(parts), [7]), BOUNDARY)) names.push(name)
    expect(names).toEqual(['one', 'two'])
  })

  test('that breaks off is refused, wherever', async () => {
    const whole = formOf([{ name: 'files', filename: 'a', text: 'content' }])
    for (let end = 0; end < whole.length - 4; end++) {
      const read = async () => {
        for await (const part of partsOf(inPieces(whole.subarray(0, end), [11]), BOUNDARY)) await textOf(part)
      }
      expect(await read().then(String, (error) => error.code)).toBe('import_body')
    }
  })

  test('says its boundary in either way', () => {
    expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc')
    expect(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b;c"')).toBe('a b;c')
    expect(boundaryOf('application/zip')).toBeUndefined()
  })
})

describe('a zip', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())

  test('with any bytes changed is read or refused in words, and what is read is what was in it', async () => {
    const files = { 'a.txt': 'hello '.repeat(50), 'b/c.bin': 'stored', 'ü.md': '' }
    const good = zipOf(Object.entries(files).map(([name, data], i) => ({ name, data, method: i === 1 ? 0 : 8 })))
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    })
    const place = join(folder.path, 'damaged.zip')
    const contents = new Set(Object.values(files))
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = good.slice()
        for (const [at, byte] of changes) bytes[at] = byte
        await Bun.write(place, bytes)
        const read = await readAll(place).catch((error) => error)
        if (read instanceof Invalid) return expect(read.code).toMatch(/^(zip|import)_/)
        expect(read).toBeArray()
        for (const text of read as string[]) expect(contents.has(text)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})

async function readAll(path: string): Promise<string[]> {
  await using zip = await openZip(path)
  const texts: string[] = []
  for (const entry of zip.entries) {
    const chunks: Uint8Array[] = []
    for await (const chunk of unpacked(zip, entry)) chunks.push(chunk)
    texts.push(Buffer.concat(chunks).toString())
  }
  return texts
}

function formOf(parts: { name: string; filename: string | undefined; text: string }[]): Uint8Array {
  const written = parts.map(
    ({ name, filename, text }) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n${text}\r\n`,
  )
  return new TextEncoder().encode(`${written.join('')}--${BOUNDARY}--\r\n`)
}

async function* inPieces(bytes: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
}
