import { expect, test } from 'bun:test'
import { resolveInput } from '../../../src/studio/uploads/inputs.ts'
import { pngOf } from '../../files/media/pngs.ts'
import { sample } from '../../support/media.ts'
import { testWorkspace } from '../../workspace/support.ts'

test('a picture or a clip of a project is an input, by its content and with its size; nothing else is', async () => {
  await using space = await testWorkspace()
  const deps = { read: space.db.read, blobs: space.blobs }
  const of = (path: string, ...wanted: Parameters<typeof resolveInput>[3][]) =>
    resolveInput(deps, 'p1', path, ...wanted)
  const saying = (path: string, ...wanted: Parameters<typeof resolveInput>[3][]) =>
    of(path, ...wanted).then(String, ({ code, message }) => `${code}: ${message}`)

  await space.write('uploads/me.png', sample('jpegTurned'))
  const { open, ...me } = await of('uploads/me.png')
  expect(me).toEqual({
    path: 'uploads/me.png',
    hash: new Bun.CryptoHasher('sha256').update(sample('jpegTurned')).digest('hex'),
    bytes: sample('jpegTurned').length,
    sort: 'picture',
    mediaType: 'image/jpeg',
    width: 8,
    height: 12,
  })
  expect(await open().bytes()).toEqual(sample('jpegTurned'))

  await space.write('film.mp4', sample('mp4'))
  expect(await of('film.mp4')).toMatchObject({ sort: 'clip', mediaType: 'video/mp4', width: 16, height: 8 })
  expect(await saying('film.mp4', ['picture'])).toBe('input_unusable: “film.mp4” is an MP4. Choose a picture.')

  await space.write('logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')
  expect(await saying('logo.svg')).toBe('input_unusable: “logo.svg” is an SVG. Choose a picture or a clip.')
  await space.write('bomb.png', pngOf({ rows: new Uint8Array(9e6) }))
  expect(await saying('bomb.png')).toContain('input_unusable: “bomb.png” would unpack to far more than it says')
  const heic = Buffer.from(sample('avif'))
  heic.write('heic', 8, 'latin1')
  heic.write('heicmif1', 16, 'latin1')
  heic.fill('heic', 24, 32, 'latin1')
  await space.write('phone.heic', heic)
  expect(await saying('phone.heic')).toContain('is a HEIC, which no engine opens. Save it as a JPEG or a PNG')
  expect(await saying('nowhere.png')).toContain('unknown_file')
})
