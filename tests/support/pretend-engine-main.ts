// An engine for the studio's tests: it makes grey pictures, or a film, and fails as the prompt says: `oom 1` in its first attempt.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256, writeDurably } from '../../src/gpu/durable.ts'
import { readSpec } from '../../src/gpu/folder.ts'
import { encodePng } from '../../src/gpu/png.ts'
import { EXIT, PROTOCOL } from '../../src/gpu/wire.ts'

const EXITS: Record<string, number> = {
  oom: EXIT.outOfMemory,
  black: EXIT.badOutput,
  fatal: EXIT.deviceFatal,
  gone: EXIT.modelMissing,
}

const folder = process.argv[2]!
const spec = readSpec(folder)!
const { params, job, attempt } = spec
let seq = 0
const say = (line: object) =>
  process.stdout.write(`${JSON.stringify({ v: PROTOCOL, seq: seq++, t: 0, job, attempt, ...line })}\n`)

say({ type: 'hello', pid: process.pid, engine: 'pretend', engineVersion: '1', device: spec.device.id })
for (const phase of ['load', 'encode', 'denoise'] as const) say({ type: 'phase', phase })
const [, how, upTo] = /\b(oom|black|fatal|gone|waits) (\d+)/.exec(params.prompt) ?? []
if (how && attempt <= Number(upTo)) {
  if (how === 'waits') await new Promise(() => setInterval(() => say({ type: 'heartbeat' }), 200))
  process.exit(EXITS[how])
}
mkdirSync(join(folder, 'previews'), { recursive: true })
for (let step = 1; step <= 3; step++) {
  const file = `previews/00000${step}.jpg`
  writeDurably(join(folder, file), Uint8Array.of(0xff, 0xd8, 0xff, 0xd9))
  say({ type: 'preview', file, step })
  say({ type: 'progress', step, steps: 3 })
}
say({ type: 'phase', phase: 'save' })
const given = spec.inputs.init
if (given && sha256(readFileSync(join(folder, given.path))) !== given.sha256) process.exit(EXIT.badSpec)
const film = spec.function === 'video'
const outputs = Array.from({ length: film ? 1 : params.count }, (_, i) => {
  const seed = params.seed + i
  const bytes = film ? mp4(seed) : encodePng(64, 64, new Uint8Array(64 * 64 * 3).fill(seed % 256), {})
  const hash = sha256(bytes)
  const file = `out/${hash}.${film ? 'mp4' : 'png'}`
  writeDurably(join(folder, file), bytes)
  const [width, height] = [64, 64]
  const clip = film ? { frames: params.frames, fps: params.fps, poster: posterOf(seed) } : {}
  return {
    file,
    sha256: hash,
    mediaType: film ? 'video/mp4' : 'image/png',
    bytes: bytes.length,
    width,
    height,
    seed,
    ...clip,
  }
})
if (!existsSync(join(folder, 'out'))) process.exit(1)
const engine = { engine: 'pretend', engineVersion: '1' }
const result = { v: PROTOCOL, job, attempt, ...engine, outputs, params: {}, resumedFrom: 0, peakBytes: null }
writeDurably(join(folder, 'result.json'), JSON.stringify(result))
say({ type: 'done', outputs })
process.exit(0)

function posterOf(seed: number): string {
  const picture = encodePng(64, 64, new Uint8Array(64 * 64 * 3).fill(seed % 256), {})
  const file = `out/${sha256(picture)}.png`
  writeDurably(join(folder, file), picture)
  return file
}

function mp4(seed: number): Uint8Array {
  const box = (type: string, body: string) => {
    const made = Buffer.from(`\0\0\0\0${type}${body}`, 'latin1')
    made.writeUInt32BE(made.length, 0)
    return made
  }
  return Buffer.concat([box('ftyp', 'isom\0\0\0\0'), box('mdat', String(seed)), box('moov', 'x'.repeat(20))])
}
