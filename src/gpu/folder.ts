import { mkdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { writeDurably } from './durable.ts'
import { type HeldFolder, holdFolder, openPlain, type Plain, readPlain } from './plain.ts'
import { readLine, type SpecInput, type WorkerResult, type WorkerSpec, workerResult, workerSpec } from './protocol.ts'
import { PROTOCOL } from './wire.ts'

/** Of a spec, a result or a note. */
const MOST_JSON_BYTES = 4 * 1024 ** 2
/** Of a picture or clip: what is larger was not asked for. */
const MOST_OUTPUT_BYTES = 8 * 1024 ** 3

/** `<root>/<job>/<attempt>`: everything that one attempt reads and writes. */
export function attemptFolder(root: string, job: string, attempt: number): string {
  return join(root, job, String(attempt))
}

/** Writes what a worker is told, whole: it need not know what is meant where nothing is said. */
export function writeSpec(folder: string, spec: Omit<SpecInput, 'v'>): void {
  const text = `${JSON.stringify(workerSpec.parse({ ...spec, v: PROTOCOL }), null, 2)}\n`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeInAttempt(folder, 'spec.json', text)
}

/** As `writeDurably`, into an attempt's own folder. @throws Error when that is no folder of ours; the system's own error */
export function writeInAttempt(folder: string, file: string, text: string): void {
  using held = holdInAttempt(folder)
  writeDurably(join(held.path, file), text)
}

export function readSpec(folder: string): WorkerSpec | null {
  return readJson(folder, 'spec.json', (text) => readLine(workerSpec, text))
}

/** A file of an attempt's folder, held open; null unless it is a plain one there, and all on the way to it are folders of ours. */
export function openInAttempt(folder: string, file: string): Plain | null {
  const { root, below } = within(folder)
  return openPlain(root, join(below, file))
}

/** All of a file of an attempt's folder; null where it is none, or longer than `most` bytes. */
export function readInAttempt(folder: string, file: string, most = MOST_JSON_BYTES): string | null {
  const { root, below } = within(folder)
  return readPlain(root, join(below, file), most)?.toString('utf8') ?? null
}

/** An attempt's folder, or one below it, to write to: that very one, whoever swaps its name meanwhile. @throws Error when it is no folder of ours */
export function holdInAttempt(folder: string, name = '.'): HeldFolder {
  const { root, below } = within(folder)
  const held = holdFolder(root, join(below, name))
  if (!held) throw new Error(`${join(folder, name)} is not the folder that it was`)
  return held
}

/** Another user may swap the folder of a job or of an attempt, too: only that of all attempts is trusted. */
function within(folder: string): { root: string; below: string } {
  const place = resolve(folder)
  const root = dirname(dirname(place))
  return { root, below: relative(root, place) }
}

/** The digest of a file of any size, read piece by piece: the server does other things meanwhile. */
export async function digestOfFile(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk)
  return hasher.digest('hex')
}

/** The result of an attempt, once all its outputs are there and are what the result says. Otherwise what is not. */
export async function readResult(folder: string): Promise<WorkerResult | { missing: string }> {
  const result = readJson(folder, 'result.json', (text) => readLine(workerResult, text))
  if (!result || attemptFolder('', result.job, result.attempt) !== within(folder).below)
    return { missing: 'result.json' }
  const wanted = new Map(result.outputs.map((output) => [`${output.file} ${output.sha256}`, output]))
  for (const { file, sha256 } of wanted.values()) {
    using held = openInAttempt(folder, file)
    if (!held) return { missing: file }
    if (held.bytes > MOST_OUTPUT_BYTES) return { missing: `${file} of less than 8 GB` }
    if ((await digestOfFile(held.path)) !== sha256) return { missing: `${file} as it was written` }
  }
  return result
}

function readJson<T>(folder: string, file: string, parse: (text: string) => T | null): T | null {
  const text = readInAttempt(folder, file)
  return text === null ? null : parse(text)
}
