import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../durable.ts'
import type { Installed } from '../models/assemble.ts'
import { readShort } from '../plain.ts'
import { type ModelProfile, modelProfile } from '../profile.ts'
import { readLine } from '../protocol.ts'
import { inputsOf, type Workflow, type WorkflowInput, workflowSchema } from './workflow.ts'

const FAMILY = 'comfyui'
const MOST_BYTES = 8 * 1024 ** 2

/** The workflows in a folder, each as a model that ComfyUI has: read again when a file changes. */
export function openWorkflows(folder: string): () => Installed[] {
  const known = new Map<string, { changedAt: number; model: Installed | null }>()
  return () =>
    namesIn(folder).flatMap((name) => {
      const path = join(folder, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      if (!stat?.isFile()) return []
      const had = known.get(path)
      const model = had?.changedAt === stat.mtimeMs ? had.model : workflowModel(path, name.slice(0, -'.json'.length))
      known.set(path, { changedAt: stat.mtimeMs, model })
      return model ?? []
    })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[\w.-]+\.json$/.test(name))
      .sort()
  } catch {
    return [] // nobody has put any there
  }
}

/** Null where the file is no workflow in the API format. */
function workflowModel(path: string, name: string): Installed | null {
  const bytes = readShort(path, MOST_BYTES)
  const workflow = bytes && readLine(workflowSchema, bytes.toString('utf8'))
  if (!workflow || Object.keys(workflow).length === 0) return null
  return {
    profile: profileOf(name, workflow, inputsOf(workflow)),
    path,
    parts: {},
    sha256: sha256(bytes),
    bytes: bytes.length,
    kind: 'model',
    own: true,
    known: true,
    files: [],
  }
}

/** Its memory is ComfyUI's own business; it is taken only where somebody names it. */
function profileOf(name: string, workflow: Workflow, inputs: WorkflowInput[]): ModelProfile {
  const has = (wanted: string) => inputs.some((input) => input.name === wanted)
  const usual = (wanted: string) => {
    const value = inputs.find((input) => input.name === wanted)?.usual
    return typeof value === 'number' && value > 0 ? value : undefined
  }
  const isVideo =
    has('frames') ||
    Object.values(workflow).some(({ class_type }) => /SaveVideo|VideoCombine|SaveWEBM/.test(class_type))
  return modelProfile.parse({
    id: `${FAMILY}/${name}`,
    label: `${name} (a workflow of ComfyUI)`,
    family: FAMILY,
    functions: [isVideo ? 'video' : 'image'],
    modes: [
      has('init') ? 'image' : 'text',
      ...(has('mask') ? ['inpaint'] : []),
      ...(has('control') ? ['control'] : []),
    ],
    format: 'workflow',
    engines: [FAMILY],
    licence: { id: 'workflow', name: 'that of the models which it names' },
    size: { side: usual('width') ?? 1024, max: 8192 },
    ...(isVideo ? { frames: { fps: usual('fps') ?? 16, usual: usual('frames') ?? 33, max: 2000 } } : {}),
    ...(usual('steps') ? { steps: usual('steps') } : {}),
    ...(usual('guidance') ? { guidance: usual('guidance') } : {}),
    quality: 0,
    tiers: { low: { vramBytes: 0, maxPixels: 8192 * 8192 } },
  })
}
