import { z } from 'zod'
import { name } from './spec.ts'

const phase = z.enum(['fetch', 'load', 'encode', 'denoise', 'decode', 'save'])

/**
 * `engine.toml`: a program that can do some functions. Its folder's name is its name. It speaks the worker protocol on
 * its standard output (see gpu/README.md); nothing in Hearth has to change for a new one.
 */
export const engineManifest = z.object({
  name,
  label: z.string().min(1).max(100),
  /** Raised whenever the same spec would give other bytes: checkpoints of another version are not resumed. */
  version: z.string().min(1).max(100),
  functions: z.array(name).min(1),
  /** Model families that it can load; empty: it needs no model. `*`: any. */
  families: z.array(z.string()).default([]),
  /** Formats of models that it reads. */
  formats: z.array(z.string()).default([]),
  /** Where an interrupted render goes on: at a step, at the next picture of its batch, or from the start. */
  resume: z.enum(['step', 'picture', 'none']).default('none'),
  /** Kinds of devices that it works on, the best first. */
  devices: z.array(z.enum(['cuda', 'rocm', 'xpu', 'mps', 'cpu'])).default(['cpu']),
  /** Whether a child may be used for the next job of the same model. */
  reuse: z.boolean().default(false),
  /**
   * The program and its arguments; the attempt's folder is added. `{engine}`: this folder; `{hearth}`: Hearth itself, as one
   * or two words; `{python}`: of the engine's venv; `{program}`, `{server}`: what `needs` found.
   */
  command: z.array(z.string().min(1)).min(1),
  needs: z
    .object({
      /** A lock of Python packages beside the manifest: `hearth gpu setup` makes the venv. */
      python: z.string().optional(),
      /** A program on the PATH, unless `programSetting` names it. */
      program: z.string().optional(),
      programSetting: z.string().optional(),
      /** The setting that names a running server. */
      serverSetting: z.string().optional(),
    })
    .prefault({}),
  /** Found only where its own folder is named, not among others: it is for tests. */
  onlyNamed: z.boolean().default(false),
  /** Added to the child's small environment; placeholders are filled here too. */
  env: z.record(z.string(), z.string()).default({}),
  /** How far apart its checkpoints and previews are at least, ms, where a request says nothing. */
  checkpointMs: z.number().int().nonnegative().default(5_000),
  previewMs: z.number().int().nonnegative().default(500),
  /** Longest silence in a phase, ms, where it differs from the usual. */
  deadlines: z.partialRecord(phase, z.number()).default({}),
  /** Longest time in a phase without a step, a byte or a new phase, ms, for an engine that can't tell of any. */
  patience: z.partialRecord(phase, z.number()).default({}),
})

export type EngineManifest = z.infer<typeof engineManifest>
