import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { safetensors } from './weights.ts'

/** Puts small models `pretended/<name>` and their profiles into a data directory; each is said to take so many bytes. */
export function pretendModels(data: string, names: string[], takenBytes: number): void {
  mkdirSync(join(data, 'catalogue'), { recursive: true })
  for (const name of names) {
    const place = join(data, 'models/pretended', name)
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'model.safetensors'), weightsOf(name))
  }
  writeFileSync(join(data, 'catalogue/pretended.toml'), catalogue(names, takenBytes))
}

function weightsOf(name: string): Uint8Array {
  return safetensors({ [`${name}.weight`]: [4, 4] })
}

function catalogue(names: string[], takenBytes: number): string {
  const tiers = ['low', 'standard', 'high', 'premium']
    .map((tier) => `[models.tiers.${tier}]\nvramBytes = ${takenBytes}\n`)
    .join('')
  const one = (name: string) => `[[models]]
id = "pretended/${name}"
label = "Pretended ${name}"
files = [{ path = "model.safetensors", bytes = ${weightsOf(name).length} }]
${tiers}`
  return `family = "pretended"
format = "safetensors"
engines = ["faulty"]
licence = { id = "x", name = "X" }
size = { side = 64 }
${names.map(one).join('')}`
}
