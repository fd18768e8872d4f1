import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PHASES } from '../../../src/gpu/protocol.ts'
import { PYTHON } from '../gpu-attempts.ts'
import { GIB } from '../gpu-plans.ts'
import { pretendModels } from '../pretended-models.ts'

/** Two works don't fit at once, nor one beside what a process has not given back. */
export const TOTAL = 3.5 * GIB
const TAKEN = 2 * GIB
/** A renderer that says nothing for so long has hung: room for a busy machine, too. */
const SILENCE_MS = 4_000
/** One that only says that it lives is given up after so long. */
const PATIENCE_MS = 8_000

/** Puts models and an engine with faults into a data directory, as a person would. */
export function furnish(data: string, memory: string, models: string[]): void {
  pretendModels(data, models, TAKEN)
  mkdirSync(join(data, 'engines/faulty'), { recursive: true })
  writeFileSync(join(data, 'engines/faulty/engine.toml'), engine(memory))
}

function engine(memory: string): string {
  const each = (ms: number) => PHASES.map((phase) => `${phase} = ${ms}`).join('\n')
  return `name = "faulty"
label = "Faulty"
version = "1"
functions = ["image"]
families = ["*"]
formats = ["safetensors"]
resume = "step"
devices = ["cuda"]
checkpointMs = 0
previewMs = 0
command = ["${PYTHON}", "-I", "-S", "${join(import.meta.dir, 'worker.py')}"]
[env]
HEARTH_PRETEND_MEMORY = "${memory}"
HEARTH_PRETEND_BYTES = "${TAKEN}"
[deadlines]
${each(SILENCE_MS)}
[patience]
${each(PATIENCE_MS)}
`
}
