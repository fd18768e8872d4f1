import { z } from 'zod'
import { count, inside, memoryPlan, name, renderParams, sha256, TIER } from './spec.ts'
import { PROTOCOL } from './wire.ts'

export const PHASES = ['fetch', 'load', 'encode', 'denoise', 'decode', 'save'] as const
export type Phase = (typeof PHASES)[number]

/** What a worker made for tests does wrong on command; each engine heeds those that it can act out. */
export const FAULTS = [
  'hang', // says nothing more, and no heartbeat
  'stall', // does nothing more, while its heartbeats go on
  'garbage', // lines that are none
  'long-line', // a line above the limit
  'die', // SIGKILL, as the kernel does when the host's memory is out
  'segfault',
  'exit-1',
  'oom', // the device's memory
  'device-fatal', // an illegal address: the device needs to be left alone
  'model-missing',
  'disk-full',
  'slow',
  'bad-output', // not-a-number latents: a black picture
  'no-output', // says that it is done, and left nothing
  'holds-memory', // memory of the device that is not given back at the end
  'deaf', // heeds no control line
  'stubborn', // heeds no SIGTERM either
  'fork', // leaves a grandchild that holds the pipes
] as const
export type FaultKind = (typeof FAULTS)[number]

const path = z.string().min(1).max(4096)
const file = z.object({ path, sha256 })

/** A file that a render begins with; the bytes lie in the attempt's folder. */
const input = z.object({ path: z.string().regex(/^in\/[\w-]+\.\w+$/), sha256, mediaType: z.string() })

/** The model as it lies on this machine. */
const workerModel = z.object({
  /** `family/name`, the name of its profile. */
  id: z.string(),
  family: z.string(),
  /** How its files are to be read: a folder of diffusers, a single safetensors file, GGUF, ... */
  format: z.string(),
  /** Absolute: the folder, or the main file. */
  path,
  /** Absolute paths of parts in files of their own, by their names: `vae`, `textEncoder`, `transformer`, ... */
  parts: z.record(z.string(), path).default({}),
  /** Over all of its files: one digest that names exactly these weights. */
  sha256,
  /** Of an upscaler: how much larger it makes a picture, each time that it goes over it. */
  scale: z.number().int().min(2).max(8).optional(),
})

/** `spec.json`: all that a worker is told. */
export const workerSpec = z.object({
  v: z.literal(PROTOCOL),
  engine: name,
  /** That its manifest says. */
  engineVersion: z.string().max(100).default(''),
  /** What is asked for: `image`, `video`, `upscale`, ... */
  function: name.default('image'),
  job: name,
  attempt: count,
  params: renderParams,
  /** Files that it begins with: `init`, `mask`, `control`, `last`, ... */
  inputs: z.record(name, input).default({}),
  /** None for an engine that has no weights. */
  model: workerModel.nullable().default(null),
  loras: z.array(file.extend({ name: z.string(), scale: z.number() })).default([]),
  controlnet: file.extend({ scale: z.number() }).nullable().default(null),
  memory: memoryPlan.prefault({}),
  tier: z.enum(TIER),
  device: z.object({ id: z.string(), kind: z.enum(['cpu', 'cuda', 'rocm', 'xpu', 'mps']), name: z.string() }),
  /** The least time that a step takes, ms, so that it can be watched. */
  stepMs: count.max(60_000).default(0),
  /** Checkpoints are at least this far apart, ms. */
  checkpointMs: count.default(5_000),
  /** Previews are at least this far apart, ms, and at most so large on their longer side, pixels. */
  previewMs: count.default(500),
  previewPixels: count.default(512),
  /** A checkpoint to go on from. */
  resumeFrom: z.string().optional(),
  /** Earlier ones, the furthest first, for when that one is damaged. */
  resumeElse: z.array(z.string()).default([]),
  /** After `done`: stay, say `idle`, and wait for `next` on standard input. */
  reuse: z.boolean().default(false),
  allowFaults: z.boolean().optional(),
  /** Fails on command, at a step or when a phase begins; nothing without `allowFaults`. */
  fault: z.object({ kind: z.enum(FAULTS), step: count.optional(), phase: z.enum(PHASES).optional() }).optional(),
})

export type WorkerSpec = z.infer<typeof workerSpec>
/** A spec as it is written: what has a default may be left out. */
export type SpecInput = z.input<typeof workerSpec>

/** What a worker says to people, who read it in a terminal too: no character that moves their cursor, and not too much of it. */
const words = (most: number) =>
  z.string().transform((text) =>
    text
      .slice(0, most)
      .toWellFormed()
      .replace(/[^\P{Cc}\n\t]/gu, ' '),
  )

/** Longest account of what was really done, as JSON. */
const MOST_PARAMS = 100_000
/** The longest side of anything that is made. */
const MOST_PIXELS = 65_536

/** One picture, clip or text that was made. */
const output = z.object({
  file: inside,
  sha256,
  /** Without parameters: it becomes a header. */
  mediaType: z.string().regex(/^[a-z]{1,20}\/[a-z0-9][a-z0-9.+-]{0,80}$/),
  bytes: count,
  width: count.max(MOST_PIXELS),
  height: count.max(MOST_PIXELS),
  seed: count,
  frames: count.optional(),
  fps: z.number().positive().optional(),
  /** Of a clip: the picture that stands for it where it does not play, its first frame. */
  poster: inside.optional(),
})

export type WorkerOutput = z.infer<typeof output>

const envelope = { v: z.literal(PROTOCOL), seq: count, t: z.number(), job: name, attempt: count }

/** Memory of the device, bytes: what this process holds, and the most that it held. */
const memoryUse = { usedBytes: count.optional(), peakBytes: count.optional() }

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
  /** Steps while denoising (`step` of `steps`), bytes while fetching and loading, tiles while decoding. */
  z.object({
    ...envelope,
    type: z.literal('progress'),
    step: count.optional(),
    steps: count.optional(),
    bytes: count.optional(),
    totalBytes: count.optional(),
  }),
  z.object({ ...envelope, type: z.literal('preview'), file: inside, step: count }),
  z.object({ ...envelope, type: z.literal('checkpoint'), file: inside, step: count }),
  z.object({ ...envelope, type: z.literal('heartbeat'), ...memoryUse }),
  z.object({ ...envelope, type: z.literal('done'), outputs: z.array(output).min(1).max(64) }),
  z.object({
    ...envelope,
    type: z.literal('failed'),
    /** `out_of_memory`, `host_out_of_memory`, `device_fatal`, `bad_output`, `model_missing`, `model_unusable`, `bad_spec`, `disk_full`, `disk_unwritable`, or the engine's own. */
    code: words(100),
    message: words(2000),
    retryable: z.boolean(),
    /** What a failed allocation wanted, and what the device had, bytes. */
    needBytes: count.optional(),
    freeBytes: count.optional(),
    totalBytes: count.optional(),
  }),
  /** Ready for the next attempt of the same model: only when the spec says `reuse`. */
  z.object({ ...envelope, type: z.literal('idle') }),
])

export type WorkerLine = z.infer<typeof workerLine>

/**
 * A line on a worker's stdin. `cancel` ends it at once, `pause` at the end of the step, with a checkpoint; `next` names
 * the folder of another attempt to an idle one.
 */
export const controlLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cancel') }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('next'), folder: path }),
])

export type ControlLine = z.infer<typeof controlLine>

/** `result.json`, written last: its existence says that the attempt succeeded. */
export const workerResult = z.object({
  v: z.literal(PROTOCOL),
  job: name,
  attempt: count,
  engine: words(100),
  engineVersion: words(100),
  outputs: z.array(output).min(1).max(64),
  /** What was really done: every effective parameter. */
  params: z.record(z.string(), z.json()).refine((params) => JSON.stringify(params).length <= MOST_PARAMS),
  /** The step that it went on from; 0: from the start. */
  resumedFrom: count.default(0),
  /** The most memory of the device that it held, bytes; null where nobody can know. */
  peakBytes: count.nullable().default(null),
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
