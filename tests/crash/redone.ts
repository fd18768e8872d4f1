import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WireLine } from '../support/client.ts'

/** What one reader was sent over one connection, and when (ms). */
export interface Connection {
  lines: WireLine[]
  times: number[]
}

/** Text that a reader had been shown and that the next attempt had to make again. */
export interface RedoneText {
  job: string
  bytes: number
  /** How long before the last sign of life the first lost byte had been told. */
  ms: number
}

/** What may be cut from a draft so that another answer can be joined to it: lines back to one that is unmistakable. */
const JOINT_BYTES = 400

/** Compares the end of each connection with the start of the next, for every file that was being written. */
export function redoneText(connections: Connection[]): RedoneText[] {
  return connections.slice(1).flatMap((after, i) => {
    const before = connections[i]!
    return [...writing(before)].flatMap(([job, shown]) => {
      const [first] = after.lines.filter((line) => line.job === job && (line.type === 'state' || line.type === 'delta'))
      if (!first || first.attempt! <= shown.attempt) return []
      const kept = first.type === 'state' ? Buffer.byteLength(first.text ?? '') : 0
      const lost = shown.told.find(({ bytes }) => bytes > kept + JOINT_BYTES)
      return lost ? [{ job, bytes: shown.told.at(-1)!.bytes - kept, ms: before.times.at(-1)! - lost.at }] : []
    })
  })
}

interface Shown {
  attempt: number
  told: { bytes: number; at: number }[]
}

/** How much text had been shown of each file at each moment, for the attempt that was running last. */
function writing({ lines, times }: Connection): Map<string, Shown> {
  const shown = new Map<string, Shown>()
  lines.forEach((line, i) => {
    if (line.kind !== 'write' || !line.job) return
    if (line.type === 'state')
      shown.set(line.job, { attempt: line.attempt!, told: [{ bytes: size(line), at: times[i]! }] })
    if (line.type !== 'delta') return
    const own = shown.get(line.job) ?? { attempt: line.attempt!, told: [] }
    own.told.push({ bytes: (own.told.at(-1)?.bytes ?? 0) + size(line), at: times[i]! })
    shown.set(line.job, own)
  })
  return shown
}

function size({ text }: WireLine): number {
  return Buffer.byteLength(text ?? '')
}

/** Most steps that any attempt in these folders did again: told by the attempt before it, and not in what it began from. */
export function redoneSteps(attempts: string): number {
  const jobs = existsSync(attempts) ? readdirSync(attempts) : []
  const redone = jobs.flatMap((job) => {
    const folders = readdirSync(join(attempts, job)).sort((a, b) => Number(a) - Number(b))
    let most = 0
    return folders.flatMap((name) => {
      const folder = join(attempts, job, name)
      const begun = beginningOf(folder)
      const again = begun === null ? 0 : most - begun
      most = Math.max(most, ...stepsIn(folder))
      return [again]
    })
  })
  return Math.max(0, ...redone)
}

/** The step that an attempt was to go on from; null when it was given nothing to do. */
function beginningOf(folder: string): number | null {
  try {
    const { resumeFrom } = JSON.parse(readFileSync(join(folder, 'spec.json'), 'utf8'))
    return Number(/(\d+)\.bin$/.exec(resumeFrom ?? '')?.[1] ?? 0)
  } catch {
    return null // killed before it wrote it
  }
}

function stepsIn(folder: string): number[] {
  const path = join(folder, 'events.ndjson')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1) // what follows the last line end was cut off
  return lines.map((line) => JSON.parse(line)).flatMap(({ type, step }) => (type === 'progress' ? [step] : []))
}
