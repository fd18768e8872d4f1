import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkerSpec } from '../protocol.ts'
import { EXIT, PROTOCOL } from '../wire.ts'
import { type Control, listenForControl } from './control.ts'
import { createVoice, type Say } from './voice.ts'

/** What every worker begins with. */
export interface Begun {
  folder: string
  spec: WorkerSpec
  say: Say
  control: Control
}

/** How a worker is given what its server says, other than by its own standard input. */
export interface Listening {
  stdin?: AsyncIterable<Uint8Array>
}

/** Reads the spec of an attempt and does its work; `explain` says what a failure means. Gives the exit code. */
export async function workIn(
  folder: string,
  { stdin = Bun.stdin.stream() as AsyncIterable<Uint8Array> }: Listening,
  work: (begun: Begun) => Promise<void>,
  explain: (error: unknown, begun: Begun) => number,
): Promise<number> {
  const control = listenForControl(stdin, folder)
  const spec = specIn(folder)
  if (!spec) {
    process.stderr.write(`${join(folder, 'spec.json')} is missing or is not a spec\n`)
    return EXIT.badSpec
  }
  const begun = { folder, spec, say: createVoice(folder, spec), control }
  try {
    for (const name of ['ckpt', 'previews', 'out']) mkdirSync(join(folder, name), { recursive: true })
    await work(begun)
    return EXIT.done
  } catch (error) {
    return explain(error, begun)
  }
}

/** What the server has written, which has looked at all of it: a schema would only be read once more, at each start. */
function specIn(folder: string): WorkerSpec | null {
  try {
    const spec = JSON.parse(readFileSync(join(folder, 'spec.json'), 'utf8'))
    return spec.v === PROTOCOL ? spec : null
  } catch {
    return null // not there, or cut off
  }
}
