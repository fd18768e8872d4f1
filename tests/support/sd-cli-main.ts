// Stands in for stable-diffusion.cpp's sd-cli: says what the real one said, from tests/fixtures/sd-cli, and writes what it is told to. The prompt names what goes wrong.
import { readFileSync, writeFileSync, writeSync } from 'node:fs'
import { encodePng } from '../../src/gpu/png.ts'
import { upscale } from './sd-cli-upscale.ts'

const args = process.argv.slice(2)
const option = (name: string) => args[args.indexOf(name) + 1]!
const fixture = (name: string) => readFileSync(`${import.meta.dir}/../fixtures/sd-cli/${name}.txt`, 'utf8')

/** As the real one: in pieces that end anywhere, errors on standard error. */
async function say(text: string): Promise<void> {
  for (const piece of text.match(/[\s\S]{1,97}/g) ?? []) {
    writeSync(1, piece)
    await Bun.sleep(1)
  }
}

if (args[0] === '--version') console.log('stable-diffusion.cpp version master-1, commit 97d2990')
else if (args[0] === '--help') console.log(fixture('help'))
else if (option('-M') === 'upscale') await upscale(option, say, fixture)
else {
  const prompt = option('-p')
  const [said, fails] = [fixture('picture'), /^fails: (\w+)/.exec(prompt)?.[1]]
  if (fails === 'cut' || fails === 'memory') {
    for (const line of fixture(fails).split('\n')) writeSync(line.startsWith('[ERROR') ? 2 : 1, `${line}\n`)
    process.exit(1)
  }
  if (fails === 'device') {
    await say(said.slice(0, said.indexOf('generate_image')))
    writeSync(
      2,
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 2560.00 MiB on device 0: cudaMalloc failed: out of memory\n',
    )
    process.exit(1)
  }
  if (fails === 'fatal') {
    writeSync(2, 'CUDA error: an illegal memory access was encountered\n')
    process.abort()
  }
  const half = said.indexOf('2/2 - ')
  await say(said.slice(0, half))
  const size = [Number(option('-W')), Number(option('-H'))] as const
  const grey = Number(option('-s')) % 256
  const png = encodePng(...size, new Uint8ClampedArray(size[0] * size[1] * 3).fill(grey), {})
  const film = option('-M') === 'vid_gen'
  const preview = film ? filmOf(await new Bun.Image(png).jpeg().bytes()) : png
  if (args.includes('--preview-path')) writeFileSync(option('--preview-path'), preview)
  if (fails === 'hang' || (fails === 'second' && grey === 8)) await Bun.sleep(600_000)
  await say(said.slice(half))
  writeFileSync(option('-o'), film ? 'a WebM' : png)
}

/** A film of one frame as the real one writes it: an AVI of JPEGs, as far as a reader of frames looks. */
function filmOf(jpeg: Uint8Array): Buffer {
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
  const frame = Buffer.concat([Buffer.from('00dc'), u32(jpeg.length), jpeg])
  const body = Buffer.concat([Buffer.from('AVI LIST'), u32(frame.length + 4), Buffer.from('movi'), frame])
  return Buffer.concat([Buffer.from('RIFF'), u32(body.length), body])
}
