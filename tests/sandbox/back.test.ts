import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { readBack } from '../../src/sandbox/back.ts'
import { limitsWith } from '../../src/sandbox/limits.ts'
import type { Back, Outcome } from '../../src/sandbox/outcome.ts'
import { packed, unpacked } from '../../src/sandbox/tar.ts'
import { attack, heldIn, runs } from './support.ts'

const MB = 1024 * 1024

function backOf({ back }: Outcome): Back {
  if (!back || 'refused' in back) throw new Error(JSON.stringify(back))
  return back
}

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('links, pipes, sockets and names that no project can hold stay behind; what is a file comes as what it is', async () => {
  const outcome = await attack('leftovers', [], { takesBack: true, limits: { diskBytes: 16 * MB } })
  expect(heldIn(outcome)).toEqual(['device', 'host file by a hard link', '1 TB file'])
  const { changed, left } = backOf(outcome)
  expect([...changed.keys()].filter((path) => path !== 'a'.repeat(255) && !path.includes('.py'))).toHaveLength(1)
  const [taken] = ['real.txt', 'twice.txt'].flatMap((path) => changed.get(path) ?? [])
  expect(Buffer.from(taken!).toString()).toBe('mine')
  const names = left.map(({ path }) => path)
  for (const name of [
    'passwd',
    'root',
    'loop',
    'pipe',
    'two\nlines',
    'back\\slash',
    'con.txt',
    '\x1b[31mred',
    '.hearth',
  ])
    expect(names).toContain(name)
  expect(names.some((name) => name.includes('.git') || name.includes('node_modules'))).toBe(false)
})

test('a file that turns into a link and back while it is taken never gives what the link points to', async () => {
  const stolen = readFileSync('/etc/passwd', 'utf8')
  for (let i = 0; i < 10; i++) {
    const { changed, left } = backOf(await attack('swapping', ['/etc/passwd'], { takesBack: true }))
    const got = changed.get('report.txt')
    if (got) expect(Buffer.from(got).toString()).toBe('mine')
    else expect(left.map(({ path }) => path)).toContain('report.txt')
    for (const content of changed.values()) expect(Buffer.from(content).toString()).not.toBe(stolen)
  }
})

test('what a command leaves running writes nothing any more while its files are taken', async () => {
  const line = `mkdir z m a; (while :; do echo >> a/n; echo >> z/n; done) & head -c 60000000 /dev/zero > m/big; sleep 0.1`
  const { changed } = backOf(await runs(line, { takesBack: true, limits: { backBytes: 100 * MB } }))
  expect([...changed.keys()]).toEqual(['a/n', 'm/big', 'z/n']) // in the order in which they are packed: with time in between
  expect(Math.abs(changed.get('a/n')!.length - changed.get('z/n')!.length)).toBeLessThanOrEqual(1)
})

test('more than may come back is refused as a whole', async () => {
  const options = { takesBack: true, limits: { backBytes: MB, backFiles: 10 } }
  const big = await runs('head -c 2000000 /dev/zero > big; exit 4', options)
  expect(big.back).toEqual({ refused: 'It left more than 1 MB, new or changed: none of them was taken.' })
  expect(big.end).toEqual({ why: 'exit', code: 4 })
  const many = await runs('for i in 1 2 3 4 5 6 7 8 9 10 11; do echo $i > f$i; done', options)
  expect(many.back).toEqual({ refused: 'It left more than 10 files, new or changed: none of them was taken.' })
})

test('of a file that is longer than what may come back nothing is read', async () => {
  const [header, ...rest] = packed([{ path: 'sparse', content: new Uint8Array(20 * MB) }], 0)
  let taken = 0
  async function* chunks() {
    for (const part of [header!, ...rest])
      for await (const piece of inPieces(part, 64 * 1024)) {
        taken += piece.byteLength
        yield piece
      }
  }
  const back = await readBack(chunks(), [], limitsWith({ backBytes: MB }))
  expect(back).toEqual({ refused: 'It left more than 1 MB, new or changed: none of them was taken.' })
  expect(taken).toBe(512)
})

test('a hundred thousand files are not waited for', async () => {
  const { end, back } = await runs('python3 -c "for i in range(100_000): open(str(i), \'w\')"', {
    takesBack: true,
    limits: { files: 20_000 },
  })
  expect(end.why === 'exit' ? back : end).toMatchObject(
    end.why === 'exit' ? { refused: expect.any(String) } : { why: 'files' },
  )
})

test('the stream on which files come back is closed to the command', async () => {
  const { tail, back } = await runs(
    'ls /proc/self/fd; for p in 1 2 3 $PPID; do echo fake > /proc/$p/fd/3; done; true',
    {
      takesBack: true,
    },
  )
  expect(tail.split('\n').slice(0, 4)).not.toContain('4')
  expect(tail).not.toContain('fake')
  expect(back).toEqual({ changed: new Map(), gone: [], left: [] })
})

test('a run whose keeper inside was killed gives nothing back', async () => {
  const { back } = await runs('echo new > new.txt; kill -9 $PPID', { takesBack: true })
  expect(back).toBeUndefined()
})

test('what is packed unpacks to the same, whatever the names, the content and the pieces in which it comes', async () => {
  const name = fc
    .stringMatching(/^[a-zä-ü/ ._-]{1,200}$/u)
    .filter((path) => !path.startsWith('./') && !path.endsWith('/'))
  const file = fc.record({ path: name, content: fc.uint8Array({ maxLength: 2_000 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 5 }), fc.integer({ min: 1, max: 700 }), async (files, size) => {
      const tar = Buffer.concat([...packed(files, 0)])
      const out = await Array.fromAsync(unpacked(inPieces(tar, size), MB))
      expect(out.map((each) => ({ ...each, content: Buffer.from('content' in each ? each.content : []) }))).toEqual(
        files.map(({ path, content }) => ({ path, content: Buffer.from(content) })),
      )
    }),
    { numRuns: 40 },
  )
})

test('a tar with any byte changed or cut off gives files with good names, or nothing; it never throws, hangs or fills the memory', async () => {
  const tar = Buffer.concat([
    ...packed(
      [
        { path: 'a.txt', content: 'aaa' },
        { path: `b/${'x'.repeat(150)}`, content: 'b' },
      ],
      0,
    ),
  ])
  const damage = fc.record({
    at: fc.nat(tar.length - 1),
    byte: fc.nat(255),
    end: fc.integer({ min: 1, max: tar.length }),
  })
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, byte, end }) => {
      const hurt = Buffer.from(tar)
      hurt[at] = byte
      const back = await readBack(inPieces(hurt.subarray(0, end), 512), [], limitsWith())
      if ('refused' in back) return
      for (const path of back.changed.keys()) expect(path).not.toMatch(/^\/|\.\.|\0/)
    }),
    { numRuns: 300 },
  )
})
