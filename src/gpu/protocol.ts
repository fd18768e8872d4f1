import { z } from 'zod'

/** The version of the folder and of the lines. */
export const PROTOCOL = 1
/** Longest line, in bytes. Pictures travel as files. */
export const LINE_LIMIT = 64 * 1024
/** Lines that can't be read before the child is given up. */
export const GARBAGE_LIMIT = 20

/** What a worker's exit code means (sysexits where one fits). */
export const EXIT = {
  done: 0,
  badSpec: 65,
  disk: 74,
  preempted: 75,
  outOfMemory: 77,
  cancelled: 130,
} as const

export const PHASES = ['fetch', 'load', 'encode', 'denoise', 'decode', 'save'] as const
export type Phase = (typeof PHASES)[number]

const count = z.number().int().nonnegative()
const name = z.string().regex(/^[\w-]{1,100}$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** A path inside the attempt folder: a worker can't name anything else. */
const inside = z.string().regex(/^(previews|ckpt|out)\/[\w-]+\.\w+$/)

export const FAULTS = ['hang', 'garbage', 'die', 'exit-1', 'oom', 'disk-full'] as const

/** `spec.json`: all that a worker is told. */
export const workerSpec = z.object({
  v: z.literal(PROTOCOL),
  engine: z.literal('sketch'),
  job: name,
  attempt: count,
  prompt: z.string().min(1).max(10_000),
  width: z.number().int().min(16).max(4096),
  height: z.number().int().min(16).max(4096),
  seed: count,
  steps: z.number().int().min(1).max(500),
  guidance: z.number().min(0).max(100),
  /** The least time that a step takes, ms, so that it can be watched. */
  stepMs: count.max(60_000).default(0),
  tier: z.string(),
  device: z.string(),
  /** A checkpoint to go on from. */
  resumeFrom: z.string().optional(),
  allowFaults: z.boolean().optional(),
  /** Fails on command at a step, for tests; nothing without `allowFaults`. */
  fault: z.object({ kind: z.enum(FAULTS), step: count }).optional(),
})

export type WorkerSpec = z.infer<typeof workerSpec>

const envelope = { v: z.literal(PROTOCOL), seq: count, t: z.number(), job: name, attempt: count }

/** A line that a worker writes. `t` is its own clock: never used for liveness. */
export const workerLine = z.discriminatedUnion('type', [
  z.object({
    ...envelope,
    type: z.literal('hello'),
    pid: count,
    engine: z.string(),
    engineVersion: z.string(),
    device: z.string(),
  }),
  z.object({ ...envelope, type: z.literal('phase'), phase: z.enum(PHASES) }),
  z.object({ ...envelope, type: z.literal('progress'), step: count, steps: count }),
  z.object({ ...envelope, type: z.literal('preview'), file: inside, step: count }),
  z.object({ ...envelope, type: z.literal('checkpoint'), file: inside, step: count }),
  z.object({ ...envelope, type: z.literal('heartbeat') }),
  z.object({
    ...envelope,
    type: z.literal('done'),
    file: inside,
    sha256,
    width: count,
    height: count,
    seed: count,
    bytes: count,
  }),
  z.object({
    ...envelope,
    type: z.literal('failed'),
    code: z.string().max(100),
    message: z.string().max(2000),
    retryable: z.boolean(),
  }),
])

export type WorkerLine = z.infer<typeof workerLine>

/** A line on a worker's stdin. `cancel` ends it at once, `pause` at the end of the step, with a checkpoint. */
export const controlLine = z.object({ type: z.enum(['cancel', 'pause']) })

/** `result.json`, written last: its existence says that the attempt succeeded. */
export const workerResult = z.object({
  v: z.literal(PROTOCOL),
  job: name,
  attempt: count,
  file: inside,
  sha256,
  width: count,
  height: count,
  seed: count,
  bytes: count,
  params: z.record(z.string(), z.union([z.string(), z.number()])),
})

export type WorkerResult = z.infer<typeof workerResult>

/** A line as data, or null when it is none of the protocol's. */
export function readLine<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null // not JSON: the caller counts it
  }
}
