import { join } from 'node:path'
import type { WorkerSpec } from '../protocol.ts'
import type { MemoryPlan } from '../spec.ts'

const PREVIEW = 'previews/now.png'
/** A preview of a clip is one itself. */
const CLIP_PREVIEW = 'previews/now.avi'
/** Where it looks for LoRAs, each by its place in the spec. */
export const LORAS = 'in/loras'

/** Samplers by the names that Hearth uses, as the program calls them; a schedule comes with some. */
const SAMPLERS: Readonly<Record<string, { method: string; scheduler?: string }>> = {
  euler: { method: 'euler' },
  flow_euler: { method: 'euler' },
  euler_a: { method: 'euler_a' },
  heun: { method: 'heun' },
  dpm2: { method: 'dpm2' },
  dpmpp_2s_a: { method: 'dpm++2s_a' },
  dpmpp_2m: { method: 'dpm++2m' },
  dpmpp_2m_karras: { method: 'dpm++2m', scheduler: 'karras' },
  lcm: { method: 'lcm' },
  ddim: { method: 'ddim_trailing' },
  tcd: { method: 'tcd' },
}

/** Parts of a model in files of their own. */
const PARTS: Readonly<Record<string, string>> = {
  checkpoint: '-m',
  transformer: '--diffusion-model',
  highNoise: '--high-noise-diffusion-model',
  vae: '--vae',
  tae: '--taesd',
  clipL: '--clip_l',
  clipG: '--clip_g',
  t5: '--t5xxl',
  llm: '--llm',
  clipVision: '--clip_vision',
}

/** Families whose guidance is a number that the model is told, not a second pass: the passes then are one. */
const DISTILLED_GUIDANCE = new Set(['flux1', 'flux2'])

const WEIGHTS: Readonly<Partial<Record<MemoryPlan['quantisation'], string>>> = {
  q8_0: 'q8_0',
  q4_k: 'q4_K',
  q3_k: 'q3_K',
  q2_k: 'q2_K',
}

/** Where the program leaves its previews, inside the attempt's folder: one file, written anew for each. */
export function previewOf(spec: Pick<WorkerSpec, 'function'>): string {
  return spec.function === 'video' ? CLIP_PREVIEW : PREVIEW
}

/** Why a spec is none for this program. */
export class Unsuitable extends Error {}

/**
 * The program's arguments for the n-th picture of a spec, `out` the file to be written, inside of `folder`. `options` is
 * what its `--help` lists: what an older one does not know is left out where it only saves memory.
 * @throws Unsuitable
 */
export function argumentsFor(spec: WorkerSpec, { n, out, folder, options }: ArgumentsContext): string[] {
  const { params, model } = spec
  if (!model) throw new Unsuitable('it needs a model')
  const video = spec.function === 'video'
  return [
    ...['-M', video ? 'vid_gen' : 'img_gen', '-p', promptOf(spec), '-n', params.negative],
    ...modelArguments(model),
    ...['-W', `${params.width}`, '-H', `${params.height}`, '--steps', `${params.steps}`, '-s', `${params.seed + n}`],
    ...(video ? ['--video-frames', `${params.frames}`, '--fps', `${Math.round(params.fps)}`] : []),
    ...guidanceArguments(spec),
    ...samplerArguments(params.sampler),
    ...inputArguments(spec, folder),
    ...(spec.loras.length > 0 ? ['--lora-model-dir', join(folder, LORAS)] : []),
    ...memoryArguments(spec.memory, options),
    ...(spec.previewMs > 0 ? ['--preview', 'proj', '--preview-path', join(folder, previewOf(spec))] : []),
    ...(options.has('--disable-image-metadata') ? ['--disable-image-metadata'] : []),
    ...['--rng', 'cpu', '-o', out],
  ]
}

export interface ArgumentsContext {
  n: number
  out: string
  folder: string
  options: ReadonlySet<string>
}

/** LoRAs are named in the prompt, by the names of their files; a name that came with the words would be any file of this machine. */
function promptOf({ params, loras }: WorkerSpec): string {
  return params.prompt.replaceAll('<lora:', '<lora ') + loras.map(({ scale }, n) => `<lora:${n}:${scale}>`).join('')
}

function modelArguments({ path, parts }: NonNullable<WorkerSpec['model']>): string[] {
  const unknown = Object.keys(parts).find((part) => !PARTS[part])
  if (unknown) throw new Unsuitable(`it knows no part “${unknown}”`)
  const named = Object.entries(parts).flatMap(([part, file]) => [PARTS[part]!, file])
  return parts.transformer || parts.checkpoint ? named : ['-m', path, ...named]
}

function guidanceArguments({ params, model }: WorkerSpec): string[] {
  if (model && DISTILLED_GUIDANCE.has(model.family)) return ['--cfg-scale', '1', '--guidance', `${params.guidance}`]
  return ['--cfg-scale', `${params.guidance}`]
}

function samplerArguments(sampler: string | null): string[] {
  if (sampler === null) return []
  const known = SAMPLERS[sampler]
  if (!known) throw new Unsuitable(`it has no sampler “${sampler}”; it has ${Object.keys(SAMPLERS).join(', ')}`)
  return ['--sampling-method', known.method, ...(known.scheduler ? ['--scheduler', known.scheduler] : [])]
}

function inputArguments({ inputs, params, controlnet }: WorkerSpec, folder: string): string[] {
  const { init, mask, control, last } = inputs
  return [
    ...(init ? ['-i', join(folder, init.path), '--strength', `${params.strength}`] : []),
    ...(mask ? ['--mask', join(folder, mask.path)] : []),
    ...(last ? ['--end-img', join(folder, last.path)] : []),
    ...(control && controlnet ? ['--control-net', controlnet.path, '--control-image', join(folder, control.path)] : []),
    ...(control && controlnet ? ['--control-strength', `${controlnet.scale}`] : []),
  ]
}

/** From the fastest to the smallest, as the program's `docs/performance.md` orders them. */
function memoryArguments({ quantisation, offload, vaeTiling }: MemoryPlan, options: ReadonlySet<string>): string[] {
  const encoderOff = options.has('--clip-on-cpu') ? ['--clip-on-cpu'] : []
  const known = (...words: string[]) => (options.has(words[0]!) ? words : [])
  return [
    ...known('--diffusion-fa'),
    ...(WEIGHTS[quantisation] ? ['--type', WEIGHTS[quantisation]] : []),
    ...(vaeTiling ? ['--vae-tiling'] : []),
    ...(offload === 'encoder' ? encoderOff : []),
    ...(offload === 'model' || offload === 'group' ? known('--offload-to-cpu') : []),
    ...(offload === 'group' ? [...known('--max-vram', '-1'), ...known('--stream-layers')] : []),
  ]
}

/** The options that a `--help` lists. */
export function optionsIn(help: string): Set<string> {
  return new Set(help.match(/--[a-z][\w-]*/g) ?? [])
}
