import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import type { Outcome } from '../../src/sandbox/outcome.ts'
import { openSandbox, type RunOptions } from '../../src/sandbox/sandbox.ts'

export const DATA = '/nonexistent/data'

/** A real sandbox of this machine. */
export function testSandbox(readable: string[] = [], data = DATA) {
  return openSandbox({ clock: systemClock, data, readable })
}

const shared = testSandbox()

/** Runs a line of shell inside. */
export function runs(line: string, options: Partial<RunOptions> = {}): Promise<Outcome> {
  return shared.run({ files: [], command: ['sh', '-c', line], ...options })
}

const ATTACKS = join(import.meta.dir, 'attacks')

/** The programs that try to get out, as files of a working copy. */
export const ATTACK_FILES = readdirSync(ATTACKS).map((path) => ({
  path,
  content: readFileSync(join(ATTACKS, path), 'utf8'),
}))

/** Runs one of them. */
export function attack(name: string, args: (string | number)[] = [], options: Partial<RunOptions> = {}) {
  const command = ['python3', '-u', `${name}.py`, ...args.map(String)]
  return shared.run({ files: ATTACK_FILES, command, ...options })
}

/** What an attack has tried and failed at; throws with what it has got. */
export function heldIn({ tail, end }: Outcome): string[] {
  const lines = tail.split('\n')
  const escaped = lines.filter((line) => line.startsWith('ESCAPED'))
  if (escaped.length > 0) throw new Error(escaped.join('\n'))
  if (lines.at(-2) !== 'done') throw new Error(`the attack did not come to its end: ${JSON.stringify(end)} ${tail}`)
  return lines.flatMap((line) => /^held ([^:]+):/.exec(line)?.[1] ?? [])
}

/** The command lines of all processes of this machine. */
export function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return '' // it has ended meanwhile
      }
    })
}
