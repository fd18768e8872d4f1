import { expect, test } from 'bun:test'
import { deflateSync } from 'node:zlib'
import { openPreview } from '../../src/workspace/preview.ts'
import { temporaryFolder } from '../support/database.ts'
import { testWorkspace } from './support.ts'

const browser = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => Bun.which(name)).find(Boolean)
const LIMIT_MS = 40_000
const FONT = `${import.meta.dir}/../../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2`

/** What a generated page does, and tries to do; it tells by a request to its own origin. */
const PAGE = `<!doctype html>
<link rel="stylesheet" href="css/site.css">
<h1>Hi</h1><img id="png" src="images/dot.png"><img id="svg" src="images/dot.svg">
<script src="js/classic.js"></script>
<script type="module" src="js/module.js"></script>
<script>
const tried = (what) => { try { return String(what()) } catch (error) { return error.name } }
addEventListener('load', async () => {
  const told = {
    css: getComputedStyle(document.querySelector('h1')).color,
    png: png.naturalWidth, svg: svg.naturalWidth,
    classic: window.classic, module: window.module,
    font: await document.fonts.load('16px Own').then((fonts) => fonts.length, (error) => error.name),
    data: await fetch('data.json').then((r) => r.json()).then((d) => d.a, (error) => error.name),
    app: await fetch(APP + '/secret').then(() => 'reached', (error) => error.name),
    origin: origin,
    cookie: tried(() => document.cookie), storage: tried(() => localStorage.length),
    parent: tried(() => parent.document.title), top: tried(() => { top.location = 'about:blank' }),
  }
  await fetch('told?' + encodeURIComponent(JSON.stringify(told)))
})
</script>`

test.skipIf(!browser)(
  'in a real browser a generated site works, and reaches nothing but its own files',
  async () => {
    await using space = await testWorkspace()
    let tell!: (told: Record<string, unknown>) => void
    const told = new Promise<Record<string, unknown>>((resolve) => {
      tell = resolve
    })
    const reached: string[] = []
    using app = serve((request) => {
      reached.push(new URL(request.url).pathname)
      return new Response(
        `<!doctype html><title>secret title</title><iframe src="${framed}" sandbox="allow-scripts allow-forms"></iframe>`,
        {
          headers: { 'content-type': 'text/html', 'set-cookie': 'session=1; Path=/' },
        },
      )
    })
    const preview = openPreview({ ...space, data: space.folder, appOrigins: () => [app.url.origin] })
    using shown = serve((request) => {
      const { pathname, search } = new URL(request.url)
      if (pathname.endsWith('/told')) tell(JSON.parse(decodeURIComponent(search.slice(1))))
      return preview.handle(request)
    })
    const framed = shown.url.origin + preview.path('p1', 'index.html')
    await space.write('index.html', PAGE.replace('APP', JSON.stringify(app.url.origin)))
    await space.write(
      'css/site.css',
      '@font-face { font-family: Own; src: url(../own.woff2) } h1 { color: rgb(1, 2, 3) }',
    )
    await space.write('js/classic.js', 'window.classic = true')
    await space.write('js/module.js', "import { yes } from './lib/part.js'\nwindow.module = yes")
    await space.write('js/lib/part.js', 'export const yes = true')
    await space.write('data.json', '{"a": 1}')
    await space.write('images/dot.png', dot())
    await space.write('images/dot.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>')
    await space.write('own.woff2', await Bun.file(FONT).bytes())

    using profile = temporaryFolder()
    const chromium = Bun.spawn(
      [
        browser!,
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        `--user-data-dir=${profile.path}`,
        '--remote-debugging-port=0',
        app.url.href,
      ],
      { stdout: 'ignore', stderr: 'ignore' },
    )
    try {
      expect(await Promise.race([told, Bun.sleep(LIMIT_MS - 5_000).then(() => 'the page told nothing')])).toEqual({
        css: 'rgb(1, 2, 3)',
        png: 1,
        svg: 7,
        classic: true,
        module: true,
        font: 1,
        data: 1,
        app: 'TypeError',
        origin: 'null',
        cookie: 'SecurityError',
        storage: 'SecurityError',
        parent: 'SecurityError',
        top: 'SecurityError',
      })
      expect(reached).not.toContain('/secret')
    } finally {
      chromium.kill()
      await chromium.exited
    }
  },
  LIMIT_MS,
)

function serve(fetch: (request: Request) => Response | Promise<Response>) {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
  return { url: server.url, [Symbol.dispose]: () => void server.stop(true) }
}

/** A PNG of one pixel. */
function dot(): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.byteLength)
    const crc = Buffer.alloc(4)
    crc.writeUInt32BE(Bun.hash.crc32(body))
    return Buffer.concat([length, body, crc])
  }
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
