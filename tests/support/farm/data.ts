import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PHASES } from '../../../src/gpu/protocol.ts'
import { PYTHON } from '../gpu-attempts.ts'
import { GIB } from '../gpu-plans.ts'
import { safetensors } from '../weights.ts'

/** Two works don't fit at once, nor one beside what a process has not given back. */
export const TOTAL = 3.5 * GIB
const TAKEN = 2 * GIB
/** A renderer that says nothing for so long has hung: room for a busy machine, too. */
const SILENCE_MS = 4_000
/** One that only says that it lives is given up after so long. */
const PATIENCE_MS = 8_000

/** Puts models and an engine with faults into a data directory, as a person would. */
export function furnish(data: string, memory: string, models: string[]): void {
  for (const folder of ['catalogue', 'engines/faulty']) mkdirSync(join(data, folder), { recursive: true })
  for (const name of models) {
    const place = join(data, 'models/pretended', name)
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'model.safetensors'), weightsOf(name))
  }
  writeFileSync(join(data, 'catalogue/pretended.toml'), catalogue(models))
  writeFileSync(join(data, 'engines/faulty/engine.toml'), engine(memory))
}

function weightsOf(name: string): Uint8Array {
  return safetensors({ [`${name}.weight`]: [4, 4] })
}

function catalogue(models: string[]): string {
  const tiers = ['low', 'standard', 'high', 'premium'].map((tier) => `[models.tiers.${tier}]\nvramBytes = ${TAKEN}\n`)
  const one = (name: string) => `[[models]]
id = "pretended/${name}"
label = "Pretended ${name}"
files = [{ path = "model.safetensors", bytes = ${weightsOf(name).length} }]
${tiers.join('')}`
  return `family = "pretended"
format = "safetensors"
engines = ["faulty"]
licence = { id = "x", name = "X" }
size = { side = 64 }
${models.map(one).join('')}`
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
