/** What stable-diffusion.cpp's program says on its standard output, as it is understood here. */
export type Heard =
  /** Weights are read: `share` of them so far, 0 to 1. */
  | { type: 'loading'; share: number }
  /** The model is there; the prompt, or a picture that it begins with, is encoded. */
  | { type: 'encoding' }
  | { type: 'step'; step: number; steps: number }
  /** A picture is gone over once more, to make it larger: what it counts from here on begins anew. */
  | { type: 'pass' }
  /** The latents are done. */
  | { type: 'decoding' }
  | { type: 'tile'; tile: number; tiles: number }
  | { type: 'saved'; path: string }
  /** An allocation on the device failed; what it wanted, bytes, where it says. */
  | { type: 'out-of-memory'; where: 'device' | 'host'; needBytes: number | null }
  /** The device itself has failed. */
  | { type: 'device-fatal'; message: string }
  | { type: 'error'; message: string }

/** Where the program is; its bars look alike, so that it depends on this what they count. */
type Stage = 'load' | 'encode' | 'denoise' | 'decode'

const BAR = /^\s*\|[=#> ]*\|\s*(\d+)\/(\d+) - [\d.]+(s\/it|it\/s|MB\/s|GB\/s)/
const LOG = /^\[(DEBUG|INFO|WARN|ERROR) *\]\s*(?:[\w.+-]+:\d+\s*-\s*)?(.*)$/
/** Ends each bar: clears what an older, longer one has left. */
const CLEAR = '\u001b[K'
/** Characters of a line that is kept while it is not whole. */
const LONGEST = 4096
const MIB = 1024 ** 2

/** Lines after which the bars count something else. The first that fits holds. */
const STAGES: [RegExp, Stage][] = [
  [/^generate_(image|video) \d+x\d+/, 'encode'],
  [/^(get_learned_condition completed|generating image: |upscaling from )/, 'denoise'],
  [/^(sampling completed|decoding \d+)/, 'decode'],
]

/** Reads the program's output in any pieces. Source: `src/core/util.cpp`, `src/stable-diffusion.cpp` and ggml, of 97d29908 and of the sources in stable-diffusion-cpp-python 0.4.7. */
export function createListener(): { hear(text: string): Heard[] } {
  let rest = ''
  let stage: Stage = 'load'
  const read = (line: string): Heard[] => {
    const bar = BAR.exec(line)
    if (bar) return barOf(stage, Number(bar[1]), Number(bar[2]), bar[3]!)
    const next = STAGES.find(([begins]) => begins.test(textOf(line)))?.[1]
    const isNew = next !== undefined && next !== stage
    stage = next ?? stage
    return [...(isNew ? stageWords(stage) : []), ...lineOf(line)]
  }
  return {
    hear(text) {
      const lines = `${rest}${text}`.replaceAll(CLEAR, '').split(/[\r\n]/)
      rest = lines.pop()!.slice(-LONGEST)
      // A bar stands until it is overwritten: its line ends only when the next begins.
      if (BAR.test(rest)) lines.push(rest)
      if (BAR.test(rest)) rest = ''
      return lines.filter(Boolean).flatMap(read)
    },
  }
}

function stageWords(stage: Stage): Heard[] {
  if (stage === 'encode') return [{ type: 'encoding' }]
  return stage === 'decode' ? [{ type: 'decoding' }] : []
}

/** A bar with a rate of bytes counts tensors that are loaded; the others count steps, or tiles of a picture. */
function barOf(stage: Stage, at: number, of: number, unit: string): Heard[] {
  if (unit.endsWith('B/s')) return [{ type: 'loading', share: of > 0 ? at / of : 0 }]
  if (stage === 'denoise') return [{ type: 'step', step: at, steps: of }]
  return stage === 'load' ? [] : [{ type: 'tile', tile: at, tiles: of }]
}

function lineOf(line: string): Heard[] {
  const memory = outOfMemory(line)
  if (memory) return [memory]
  const fatal = /(?:CUDA|HIP|ROCm|MUSA) error: (.*)$/.exec(line)
  if (fatal && !/out of memory/.test(fatal[1]!)) return [{ type: 'device-fatal', message: fatal[1]! }]
  const [, level, text = ''] = LOG.exec(line) ?? []
  if (level === 'ERROR') return [{ type: 'error', message: text }]
  if (text.startsWith('upscaling from ')) return [{ type: 'pass' }]
  const saved = /^save result (?:image \d+|video) to '(.*?)'(?: \((success|failure)\))?$/.exec(text)
  if (saved && saved[2] !== 'failure') return [{ type: 'saved', path: saved[1]! }]
  return saved ? [{ type: 'error', message: text }] : []
}

/** ggml's own sentences; the program itself goes on, says that it failed and ends with 1. */
function outOfMemory(line: string): Heard | null {
  const device = /allocating ([\d.]+) MiB on device \d+: \w+Malloc failed/.exec(line)
  if (device) return { type: 'out-of-memory', where: 'device', needBytes: Math.round(Number(device[1]) * MIB) }
  if (/(?:CUDA|HIP|ROCm|MUSA) error: out of memory|ErrorOutOfDeviceMemory/.test(line))
    return { type: 'out-of-memory', where: 'device', needBytes: null }
  const host = /cpu_buffer\w*: failed to allocate buffer of size (\d+)/.exec(line)
  if (host) return { type: 'out-of-memory', where: 'host', needBytes: Number(host[1]) }
  return /std::bad_alloc|too less memory for conversion/.test(line)
    ? { type: 'out-of-memory', where: 'host', needBytes: null }
    : null
}

function textOf(line: string): string {
  return LOG.exec(line)?.[2] ?? ''
}
