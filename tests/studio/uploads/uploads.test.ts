import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pngOf } from '../../files/media/pngs.ts'
import { type TestApp, testApp } from '../../support/app.ts'
import { sample } from '../../support/media.ts'

setDefaultTimeout(30_000)

let app: TestApp
beforeAll(async () => {
  app = await testApp({ work: false, settings: { HEARTH_UPLOAD_MB: '16' } })
})
afterAll(() => app[Symbol.asyncDispose]())

interface Answer {
  change: string | null
  files: Record<string, unknown>[]
  refused: { name: string; code: string }[]
  code?: string
  context?: { refused?: { name: string; code: string }[] }
}

const newProject = async () => (await app.make('A bakery')).project.id
const scratch = () => readdirSync(join(app.data, 'uploads'))
const path = (project: string) => `/api/projects/${project}/uploads`
const blobs = () => readdirSync(join(app.data, 'blobs'), { recursive: true }).filter((name) => String(name).length > 60)

type Content = Uint8Array<ArrayBuffer> | string
function formOf(files: [string, Content][], fields: Record<string, string> = {}): FormData {
  const form = new FormData()
  for (const [name, content] of files) form.append('files', new File([content], name))
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

async function send(project: string, files: [string, Content][], fields = {}): Promise<[number, Answer]> {
  const response = await app.request(path(project), { method: 'POST', body: formOf(files, fields) })
  return [response.status, (await response.json()) as Answer]
}

const png = (seed: number) => new Uint8Array(pngOf({ rows: new Uint8Array(36).map((_, i) => (i % 9 ? seed : 0)) }))
const pathsOf = async (project: string) =>
  ((await app.json(`/api/projects/${project}`)).files as { path: string }[]).map(({ path }) => path)

describe('an upload', () => {
  test('of twenty files is one change, which is undone in one', async () => {
    const project = await newProject()
    const [status, { change, files, refused }] = await send(
      project,
      Array.from({ length: 20 }, (_, i) => [`picture ${i}.png`, png(i)]),
    )
    expect([status, files.length, refused]).toEqual([201, 20, []])
    expect(files[3]).toEqual({
      name: 'picture 3.png',
      path: 'uploads/picture 3.png',
      bytes: png(3).length,
      mediaType: 'image/png',
      width: 8,
      height: 4,
      note: null,
      withoutPlace: false,
      unchanged: false,
      url: `/projects/${project}/files/uploads/picture%203.png`,
      rawUrl: `/api/projects/${project}/files/uploads/picture%203.png`,
    })
    using reading = await app.follow(`/api/projects/${project}/events?follow=false`)
    await reading.over
    expect(reading.types().filter((type) => type === 'file.written').length).toBe(20)
    expect(await (await app.request(files[3]!.rawUrl as string)).bytes()).toEqual(png(3))
    expect((await app.post(`/api/changes/${change}/reversal`, {})).status).toBe(201)
    expect(await pathsOf(project)).toEqual([])
  })

  test('of one file may be the body itself', async () => {
    const project = await newProject()
    const body = sample('jpegTurned')
    const response = await app.request(`${path(project)}?name=me.jpg&folder=people/2026`, { method: 'POST', body })
    const { files } = (await response.json()) as Answer
    expect([response.status, files[0]]).toMatchObject([201, { path: 'people/2026/me.jpg', width: 8, height: 12 }])
    const nameless = await app.request(path(project), { method: 'POST', body })
    expect([nameless.status, (await nameless.json()).code]).toEqual([422, 'upload_body'])
  })

  test('keeps the same content once, and another of the same name beside it', async () => {
    const project = await newProject()
    const before = blobs().length
    expect((await send(project, [['a.png', png(101)]]))[1].files[0]).toMatchObject({ path: 'uploads/a.png' })
    expect((await send(project, [['a.png', png(102)]]))[1].files[0]).toMatchObject({ path: 'uploads/a (2).png' })
    expect((await send(project, [['A.PNG', png(103)]]))[1].files[0]).toMatchObject({ path: 'uploads/A (3).PNG' })
    const [, again] = await send(project, [
      ['a.png', png(102)],
      ['b.png', png(101)],
    ])
    expect(again.files).toMatchObject([
      { path: 'uploads/a (2).png', unchanged: true },
      { path: 'uploads/b.png', unchanged: false },
    ])
    const [, nothing] = await send(project, [['b.png', png(101)]])
    expect([nothing.change, blobs().length - before]).toEqual([null, 3])
  })

  test('of the same name from many sides at once makes as many files', async () => {
    const project = await newProject()
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => send(project, [['x.png', png(i)]])))
    expect(all.map(([status]) => status)).toEqual(Array(12).fill(201))
    const wanted = ['uploads/x.png', ...Array.from({ length: 11 }, (_, i) => `uploads/x (${i + 2}).png`)]
    expect((await pathsOf(project)).sort()).toEqual(wanted.sort())
  })

  test('goes by the content: a name that lies is mended, and that is said', async () => {
    const project = await newProject()
    const [, { files }] = await send(project, [
      ['photo.png', sample('jpeg')],
      ['drawing.png', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
      ['cat.jpg', '<!doctype html><script>alert(1)</script>'],
      ['film.png', sample('mp4')],
      ['words.webp', 'only words'],
    ])
    expect(files.map(({ path, mediaType, note }) => [path, mediaType, note])).toEqual([
      ['uploads/photo.jpg', 'image/jpeg', '“photo.png” is a JPEG, so it is called “photo.jpg”.'],
      ['uploads/drawing.svg', 'image/svg+xml', '“drawing.png” is an SVG, so it is called “drawing.svg”.'],
      ['uploads/cat.html', 'text/html', '“cat.jpg” is a web page, so it is called “cat.html”.'],
      ['uploads/film.mp4', 'video/mp4', '“film.png” is an MP4, so it is called “film.mp4”.'],
      ['uploads/words.txt', 'text/plain', '“words.webp” is plain text, so it is called “words.txt”.'],
    ])
    const served = await Promise.all(files.map(({ rawUrl }) => app.request(rawUrl as string)))
    expect(
      served.map(({ headers }) => [headers.get('content-type'), headers.get('content-disposition')?.slice(0, 6)]),
    ).toEqual([
      ['image/jpeg', 'inline'],
      ['image/svg+xml', 'attach'],
      ['text/plain; charset=utf-8', 'inline'],
      ['video/mp4', 'inline'],
      ['text/plain; charset=utf-8', 'inline'],
    ])
    for (const { headers } of served)
      expect([headers.get('x-content-type-options'), headers.get('content-security-policy')?.slice(0, 8)]).toEqual([
        'nosniff',
        'sandbox;',
      ])
  })

  test('is not what shows a picture: that goes by content for every file, however it came', async () => {
    const project = await newProject()
    const served = async (name: string, body: Content) => {
      const url = `/api/projects/${project}/files/${name}`
      expect((await app.request(url, { method: 'PUT', body })).status).toBe(201)
      const { headers } = await app.request(url)
      return [headers.get('content-type'), headers.get('content-disposition')?.slice(0, 6)]
    }
    expect(await served('page.png', '<script>alert(1)</script>')).toEqual(['application/octet-stream', 'attach'])
    expect(await served('draw.jpg', '<svg onload="alert(1)"/>')).toEqual(['application/octet-stream', 'attach'])
    expect(await served('really.png', sample('jpeg'))).toEqual(['image/jpeg', 'inline'])
    expect(await served('really.mp4', sample('mov'))).toEqual(['application/octet-stream', 'attach'])
    expect(await served('picture.svg', png(1))).toEqual(['image/svg+xml', 'attach'])
  })

  test('takes what is good and says of the rest why not; when nothing is good it fails', async () => {
    const project = await newProject()
    const bad: [string, Content][] = [
      ['bomb.png', new Uint8Array(pngOf({ rows: new Uint8Array(30e6) }))],
      ['huge.png', new Uint8Array(pngOf({ width: 100_000, height: 100_000, rows: new Uint8Array(9) }))],
      ['cut.gif', sample('gif').subarray(0, 40)],
      ['script.gif', 'GIF89a/*                              */=1;alert(1)'],
      ['nothing.txt', ''],
    ]
    const codes = ['upload_bomb', 'upload_pixels', 'upload_damaged', 'upload_damaged', 'upload_file_empty']
    const [status, { files, refused }] = await send(project, [...bad, ['good.gif', sample('gif')]])
    expect([status, files.map(({ path }) => path)]).toEqual([201, ['uploads/good.gif']])
    expect(refused.map(({ name, code }) => [name, code])).toEqual(bad.map(([name], i) => [name, codes[i]!]))
    const [failed, { code, context }] = await send(project, bad)
    expect([failed, code, context?.refused?.map((each) => each.code)]).toEqual([422, 'upload_bomb', codes])
    expect(scratch()).toEqual([])
  })

  test('forgets where a photo was taken, and says so', async () => {
    const project = await newProject()
    const [, { files }] = await send(project, [['me.jpg', sample('jpegTurned')]])
    const kept = await (await app.request(files[0]!.rawUrl as string)).bytes()
    expect([files[0]!.withoutPlace, kept.length, files[0]!.width]).toEqual([true, sample('jpegTurned').length, 8])
    expect(Buffer.from(kept).equals(sample('jpegTurned'))).toBe(false)
    const [, again] = await send(project, [['me.jpg', sample('jpegTurned')]])
    expect(again.files[0]).toMatchObject({ unchanged: true, withoutPlace: true })
  })

  test('leaves out what follows a picture', async () => {
    const project = await newProject()
    const [, { files }] = await send(project, [['a.png', new Uint8Array([...png(7), ...Buffer.from('<script>x')])]])
    expect(await (await app.request(files[0]!.rawUrl as string)).bytes()).toEqual(png(7))
  })

  const names: [string, string][] = [
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ann\\me.txt', 'me.txt'],
    ['evil\u202Egnp.txt', 'evilgnp.txt'],
    ['a\u0000b\u0007.txt', 'ab.txt'],
    ['  spaces . ', 'spaces'],
    ['CON.txt', '_CON.txt'],
    ['.git', '_.git'],
    ['.hearth-x', '_.hearth-x'],
    ['a<b>:"|?*.txt', 'a_b______.txt'],
    ['u\u0308 🥐 عربى.txt', 'ü 🥐 عربى.txt'],
    ['..', 'upload'],
    ['\u200B', 'upload'],
    [`${'ü'.repeat(500)}.txt`, `${'ü'.repeat(100)}.txt`],
  ]
  test('cleans a name, and never writes where it says', async () => {
    const project = await newProject()
    for (const [given, wanted] of names) {
      const query = new URLSearchParams({ name: given, folder: given.length.toString() })
      const response = await app.request(`${path(project)}?${query}`, { method: 'POST', body: `text of ${given}` })
      const { files } = (await response.json()) as Answer
      expect([given, files?.[0]?.path]).toEqual([given, `${given.length}/${wanted}`])
    }
    const out = await app.request(`${path(project)}?name=a&folder=../x`, { method: 'POST', body: 'x' })
    expect([out.status, (await out.json()).code]).toEqual([422, 'bad_path'])
  })
})

describe('what is refused as a whole:', () => {
  test('more files than are taken at once, of which none is kept', async () => {
    const project = await newProject()
    const [status, { code }] = await send(
      project,
      Array.from({ length: 1_001 }, (_, i) => [`${i}.txt`, 'x']),
    )
    expect([status, code, await pathsOf(project), scratch()]).toEqual([413, 'upload_too_many', [], []])
  })

  test('more bytes than are taken at once, announced or not', async () => {
    const project = await newProject()
    const announced = await app.request(`${path(project)}?name=a`, {
      method: 'POST',
      body: new Uint8Array(17 * 2 ** 20),
    })
    expect([announced.status, (await announced.json()).code]).toEqual([413, 'upload_too_big'])
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (++sent > 20) return controller.close()
        controller.enqueue(new Uint8Array(2 ** 20).fill(sent))
      },
    })
    const flowing = await app.request(`${path(project)}?name=a`, { method: 'POST', body }).catch(() => undefined)
    if (flowing) expect([flowing.status, (await flowing.json()).code]).toEqual([413, 'upload_too_big'])
    expect([await pathsOf(project), scratch()]).toEqual([[], []])
  })

  test('a form without a file, and what is no form', async () => {
    const project = await newProject()
    expect((await send(project, []))[1].code).toBeOneOf(['upload_nothing', 'upload_body'])
    expect((await send(project, [['', '']]))[1].code).toBeOneOf(['upload_nothing', 'upload_file_empty'])
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const broken = await app.request(path(project), { method: 'POST', headers, body: '--x\r\nno header\r\n\r\n' })
    expect([broken.status, (await broken.json()).code]).toEqual([422, 'upload_body'])
  })

  test('a project that is unknown, before anything is read', async () => {
    const response = await app.request(path('nobody'), { method: 'POST', body: 'no form' })
    expect([response.status, (await response.json()).code]).toEqual([404, 'unknown_project'])
  })

  test('nobody uploads who was not let in', async () => {
    const response = await fetch(`${app.url}${path(await newProject())}?name=a`, { method: 'POST', body: 'x' })
    expect(response.status).toBe(401)
  })
})

test('who goes away in the middle leaves nothing behind', async () => {
  const project = await newProject()
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  const auth = `authorization: Bearer local_${app.app.localSecret}`
  socket.write(
    `POST ${path(project)}?name=a.bin HTTP/1.1\r\nhost: ${hostname}\r\n${auth}\r\ncontent-length: 9000000\r\n\r\n`,
  )
  socket.write(new Uint8Array(300_000))
  while (scratch().length === 0) await Bun.sleep(5)
  socket.destroy()
  while (scratch().length > 0) await Bun.sleep(5)
  expect(await pathsOf(project)).toEqual([])
})

test('the page takes files without script, and says what became of each', async () => {
  const project = await newProject()
  const page = (init?: RequestInit) => app.request(`/projects/${project}/uploads`, init)
  expect(await (await page()).text()).toContain('At most 16 MB and 1,000 files at once')
  const sent = await page({
    method: 'POST',
    body: formOf([
      ['<b>.png', sample('jpeg')],
      ['cut.gif', 'GIF89a'],
    ]),
  })
  const text = await sent.text()
  expect(sent.status).toBe(200)
  const film = await (await app.request(`${path(project)}?name=film`, { method: 'POST', body: sample('mp4') })).json()
  const shown = await (await app.request((film as Answer).files[0]!.url as string)).text()
  expect(shown).toContain(`<video src="${(film as Answer).files[0]!.rawUrl}" controls`)
  expect(text).toContain('1 file uploaded.')
  expect(text).toContain('“_b_.png” is a JPEG, so it is called “_b_.jpg”.')
  expect(text).toContain('“cut.gif” begins like a picture, but is no whole one.')
  const failed = await page({ method: 'POST', body: formOf([['cut.gif', 'GIF89a']]) })
  expect([failed.status, (await failed.text()).includes('1 file not taken')]).toEqual([422, true])
})
