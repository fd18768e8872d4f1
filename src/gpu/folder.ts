import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import {
  PROTOCOL,
  readLine,
  type SpecInput,
  type WorkerResult,
  type WorkerSpec,
  workerResult,
  workerSpec,
} from './protocol.ts'

/** `<root>/<job>/<attempt>`: everything that one attempt reads and writes. */
export function attemptFolder(root: string, job: string, attempt: number): string {
  return join(root, job, String(attempt))
}

/** Writes a file so that it is whole or absent, whatever is killed when. A link that somebody has put in its way is not followed. */
export function writeDurably(path: string, bytes: string | Uint8Array): void {
  const part = `${path}.part`
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(part, { force: true })
  const fd = openSync(part, 'wx')
  try {
    for (let at = 0; at < data.length; ) at += writeSync(fd, data, at)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(part, path)
  syncFolder(dirname(path))
}

export function writeSpec(folder: string, spec: Omit<SpecInput, 'v'>): void {
  writeDurably(join(folder, 'spec.json'), `${JSON.stringify({ ...spec, v: PROTOCOL }, null, 2)}\n`)
}

export function readSpec(folder: string): WorkerSpec | null {
  return readJson(folder, 'spec.json', (text) => readLine(workerSpec, text))
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
}

/**
 * The path of a file below `root` that a worker may have left; null unless it is a plain file there. A worker may be another
 * user: a link of theirs must not show what only the server may read, and a pipe would keep whoever opens it for ever.
 */
export function plainFile(root: string, file: string): string | null {
  const path = join(root, file)
  try {
    return lstatSync(path).isFile() && realpathSync(path) === join(realpathSync(root), file) ? path : null
  } catch {
    return null // nothing of this name, or not for us
  }
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
  if (!result) return { missing: 'result.json' }
  for (const { file, sha256: wanted } of result.outputs) {
    const path = plainFile(folder, file)
    if (!path) return { missing: file }
    if ((await digestOfFile(path)) !== wanted) return { missing: `${file} as it was written` }
  }
  return result
}

function readJson<T>(folder: string, file: string, parse: (text: string) => T | null): T | null {
  try {
    const path = plainFile(folder, file)
    return path === null ? null : parse(readFileSync(path, 'utf8'))
  } catch {
    return null // no such file: the attempt did not get so far
  }
}

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
