import { readFileSync, writeFileSync } from 'node:fs'
import { encodePng } from '../../src/gpu/png.ts'

/** What ggml says where it is a card's memory. */
const OF_A_CARD =
  'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 416.19 MiB on device 0: cudaMalloc failed: out of memory\n'

/**
 * `sd-cli -M upscale`, as the real one behaves: what it said, and a picture that is larger by what the file of weights says; one that fails (by its file's
 * name) says so, ends with 0 all the same, and leaves the picture as it was.
 */
export async function upscale(
  option: (name: string) => string,
  say: (text: string) => Promise<void>,
  fixture: (name: string) => string,
): Promise<void> {
  const given = readFileSync(option('-i'))
  const weights = readFileSync(option('--upscale-model'))
  const fails = /fails-(\w+)/.exec(option('--upscale-model'))?.[1]
  const [width, height] = [given.readUInt32BE(16), given.readUInt32BE(20)]
  const names = weights.toString('latin1', 8, 8 + Number(weights.readBigUInt64LE()))
  const scale = (names.includes('"conv_up2.weight"') ? 4 : 2) ** Number(option('--upscale-repeats'))
  const said = fixture(fails ? `upscale-${fails === 'device' ? 'memory' : fails}` : 'upscale')
  await say(fails === 'device' ? said.replace(/\[ERROR\][^\n]*insufficient memory.*\n.*\n.*\n/, OF_A_CARD) : said)
  const [w, h] = fails ? [width, height] : [width * scale, height * scale]
  writeFileSync(option('-o'), encodePng(w, h, new Uint8ClampedArray(w * h * 3).fill(90), {}))
}
