import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
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

/** Writes a file so that it is whole or absent, whatever is killed when. */
export function writeDurably(path: string, bytes: string | Uint8Array): void {
  const part = `${path}.part`
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openSync(part, 'w')
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
  return readJson(join(folder, 'spec.json'), (text) => readLine(workerSpec, text))
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
}

/** The result of an attempt, once all its outputs are there and are what the result says. Otherwise what is not. */
export function readResult(folder: string): WorkerResult | { missing: string } {
  const result = readJson(join(folder, 'result.json'), (text) => readLine(workerResult, text))
  if (!result) return { missing: 'result.json' }
  for (const { file, sha256: wanted } of result.outputs) {
    const path = join(folder, file)
    if (!existsSync(path)) return { missing: file }
    if (sha256(readFileSync(path)) !== wanted) return { missing: `${file} as it was written` }
  }
  return result
}

function readJson<T>(path: string, parse: (text: string) => T | null): T | null {
  try {
    return parse(readFileSync(path, 'utf8'))
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
