import { describe, expect, test } from 'bun:test'
import { brokenBy } from '../../src/workspace/effects/broken.ts'
import { filesOf } from '../../src/workspace/files.ts'
import { testWorkspace } from './support.ts'

type Space = Awaited<ReturnType<typeof testWorkspace>>

const CART = 'export function greet() {\n  return 1\n}\nexport const TAX = 0.19\n'
const WITHOUT = 'export const TAX = 0.19\n'
const APP = "// the shop\n\nimport { greet } from './cart.js'\ngreet()\n"
const EVIL = "require('child_process').exec(process.argv[2])\n"

const plain = (html: string) => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')
const page = async (space: Space, path: string) => {
  const response = await space.ask(path, { headers: { accept: 'text/html' } })
  expect(response.status).toBe(200)
  return response.text()
}

/** A script of which another takes a function, and which then loses it. */
async function broken() {
  const space = await testWorkspace()
  await space.write('src/cart.js', CART)
  await space.write('src/app.js', APP)
  const change = await space.write('src/cart.js', WITHOUT)
  return { space, change }
}

const SAYS = 'removes greet, which src/app.js line 3 still uses'
const LINK = 'href="/projects/p1/files/src/app.js#L3"'

describe('what an edit takes away from others', () => {
  test('stands beside the diff of a file, with links to the lines, while the newer one is what is there', async () => {
    const { space: made } = await broken()
    await using space = made
    const diff = await page(space, '/projects/p1/diff/src/cart.js')
    expect(plain(diff)).toContain(SAYS)
    expect(diff).toContain(LINK)
    expect(plain(await page(space, '/projects/p1/diff/src/cart.js?from=0&to=1'))).not.toContain('still use')
    await space.write('src/cart.js', `${CART}// again\n`)
    expect(plain(await page(space, '/projects/p1/diff/src/cart.js?from=1&to=2'))).not.toContain('still use')
  })

  test('stands on the page of the change, until somebody mends it', async () => {
    const { space: made, change } = await broken()
    await using space = made
    const shown = await page(space, `/changes/${change.id}`)
    expect(plain(shown)).toContain(SAYS)
    expect(shown).toContain(LINK)
    await space.write('src/app.js', 'const x = 1\n')
    expect(plain(await page(space, `/changes/${change.id}`))).not.toContain('still use')
  })

  test('is told of a file that was removed, a picture too, and no more once it is back', async () => {
    await using space = await testWorkspace()
    const png = new Uint8Array([137, 80, 78, 71, 0])
    await space.write('logo.png', png)
    await space.write('index.html', '<h1>Hi</h1>\n<img src="logo.png" alt="">\n')
    const gone = await space.remove('logo.png')
    expect(plain(await page(space, `/changes/${gone.id}`))).toContain(
      'removes the file logo.png, which index.html line 2 still uses',
    )
    await space.write('logo.png', png)
    expect(plain(await page(space, `/changes/${gone.id}`))).not.toContain('still use')
  })

  test('reads of a large project only so much at a time, says so, and what was read once is not read again', async () => {
    await using space = await testWorkspace()
    const filler = (at: number) => `export const only${at} = '${'word '.repeat(95_000)}'\n`
    for (let at = 0; at < 12; at++) await space.write(`src/a${at}.js`, filler(at))
    await space.write('src/cart.js', CART)
    await space.write('src/z.js', APP)
    const files = await filesOf(space.db.read, 'p1')
    const read: string[] = []
    const blobs = {
      ...space.blobs,
      read(hash: string) {
        read.push(hash)
        return space.blobs.read(hash)
      },
    }
    const edits = [{ path: 'src/cart.js', before: CART, text: WITHOUT }]
    const first = await brokenBy({ blobs }, edits, async () => files)
    expect([first.isWhole, read.length]).toEqual([false, 11]) // ten of 475 KB, and the small one
    read.length = 0
    const second = await brokenBy({ blobs }, edits, async () => files)
    expect([second.isWhole, read.length]).toEqual([true, 3]) // the two that were left, and whoever mentions it
    expect(second.broken.map(({ name, uses }) => [name, uses.map(({ path }) => path)])).toEqual([
      ['greet', ['src/z.js']],
    ])
  })

  test('asks for no file at all when an edit takes nothing away', async () => {
    await using space = await testWorkspace()
    const edits = [{ path: 'cart.js', before: CART, text: `${CART}export const MORE = 1\n` }]
    const never = () => Promise.reject(new Error('asked for files'))
    expect(await brokenBy(space, edits, never)).toEqual({ broken: [], isWhole: true })
  })
})

describe('what the scan finds in a text', () => {
  test('stands beside its diff with severity, line and reason, where the older one had it not', async () => {
    await using space = await testWorkspace()
    await space.write('run.js', 'const a = 1\n')
    const change = await space.write('run.js', `const a = 1\n${EVIL}`)
    const says = /Grave, line 2: [^.]*\..*child_process/
    const diff = await page(space, '/projects/p1/diff/run.js')
    expect(plain(diff)).toMatch(says)
    expect(diff).toContain('href="/projects/p1/files/run.js?version=2#L2"')
    expect(plain(await page(space, `/changes/${change.id}`))).toMatch(says)
    await space.write('run.js', `const a = 2\n${EVIL}`)
    const later = await page(space, '/projects/p1/diff/run.js')
    expect(later).not.toContain('class="found"')
  })

  test('is shown without the secret', async () => {
    await using space = await testWorkspace()
    const secret = ['ghp', 'x7Kq2mZp9Rt4Wv6Yb8Nc3Ld5Fg1Hj0SaQeUi'].join('_')
    await space.write('keys.js', `const headers = { authorization: 'Bearer ${secret}' }\n`)
    const found = (await page(space, '/projects/p1/diff/keys.js')).match(/<ul class="found"[\s\S]*?<\/ul>/)?.[0]
    expect(found).toContain('line 1')
    expect(found).not.toContain(secret.slice(4))
  })
})
