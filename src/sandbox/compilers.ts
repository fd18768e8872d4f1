import { languageOf } from '../files/languages.ts'
import { type Fault, withLines } from '../files/validate/fault.ts'
import { isTemplate } from '../files/validate/templates.ts'
import type { Outcome } from './outcome.ts'
import type { RunOptions, Sandbox } from './sandbox.ts'
import { complaintsIn, TOOLCHAINS, type Toolchain } from './toolchains.ts'

/** Longest text that is checked, in characters. */
const MAX_LENGTH = 500_000
/** Files that one run checks. */
const BATCH = 50
const LIMITS = {
  wallMs: 60_000,
  cpuSeconds: 60,
  memoryBytes: 1_024 * 1024 * 1024,
  processes: 64,
  outputBytes: 1024 * 1024,
}
/** How long it counts that a toolchain is missing: somebody may install it. */
const MISSING_MS = 300_000
const NOT_THERE = 127
const FAULTS_AT_MOST = 20

export interface Source {
  path: string
  text: string
}

/** The compilers and interpreters of this machine, in check mode, in the sandbox. */
export interface Compilers {
  /**
   * What they say against the form of files: none of that it imports what isn't there. Files that nothing here could judge are not in the answer: their
   * language has no toolchain, it isn't installed, the sandbox is refused, it took too long.
   */
  check(sources: readonly Source[], signal: AbortSignal): Promise<ReadonlyMap<string, Fault[]>>
}

export function openCompilers({ sandbox, now }: { sandbox: Sandbox; now: () => number }): Compilers {
  const missing = new Map<string, number>()
  const isThere = (language: string) => now() - (missing.get(language) ?? Number.NEGATIVE_INFINITY) > MISSING_MS
  return {
    async check(sources, signal) {
      const judged = new Map<string, Fault[]>()
      for (const [language, own] of byLanguage(sources)) {
        if (!isThere(language) || 'refused' in (await sandbox.available())) continue
        for (let at = 0; at < own.length; at += BATCH) {
          signal.throwIfAborted()
          const batch = own.slice(at, at + BATCH)
          const said = await ask(sandbox, TOOLCHAINS[language]!, batch, signal)
          if (said === NOT_THERE) missing.set(language, now())
          if (said instanceof Map) for (const [path, faults] of said) judged.set(path, faults)
        }
      }
      return judged
    },
  }
}

function byLanguage(sources: readonly Source[]): Map<string, Source[]> {
  const groups = new Map<string, Source[]>()
  for (const source of sources) {
    const language = toolchainFor(source)
    if (language && source.text.length <= MAX_LENGTH) groups.set(language, [...(groups.get(language) ?? []), source])
  }
  return groups
}

/** A script that hands itself to another interpreter, whose language all of the rest is. */
const POLYGLOT = /^\s*['"]*exec ['"]?\S*(?:tclsh|wish|perl|python\d?|ruby|node|guile)\b/m

/** A header may be of several languages, and a script of another shell than its name says. */
function toolchainFor({ path, text }: Source): string | undefined {
  const language = languageOf(path)
  if (!Object.hasOwn(TOOLCHAINS, language) || /\.(?:h|zsh)$/.test(path)) return undefined
  const shell = language === 'bash' && /^#!.*?(\w+)\s*$/m.exec(text.split('\n', 1)[0]!)?.[1]
  const isOther = (shell && !/^(?:ba|da)?sh$/.test(shell)) || (language === 'bash' && POLYGLOT.test(text.slice(0, 500)))
  return isOther ? undefined : language
}

async function ask(sandbox: Sandbox, toolchain: Toolchain, batch: Source[], signal: AbortSignal) {
  const names = batch.map(({ path }, i) => `f${i}/${fileName(path)}`)
  const wrapped = (text: string) => toolchain.wrap?.text(text) ?? text
  const files = batch.map(({ text }, i) => ({ path: names[i]!, content: wrapped(text) }))
  const find = `for name in ${toolchain.programs.join(' ')}; do PROGRAM=$(command -v "$name") && break; done`
  const line = `${find}\n[ -n "$PROGRAM" ] || exit ${NOT_THERE}\n${toolchain.script}\nexit 0`
  const { end, output } = await heard(sandbox, {
    files,
    command: ['sh', '-c', line, 'sh', ...names],
    limits: LIMITS,
    signal,
  })
  signal.throwIfAborted()
  if (end.why !== 'exit') return undefined
  if (end.code !== 0) return end.code
  const complaints = complaintsIn(toolchain, output)
  return new Map(batch.map((source, i) => [source.path, sure(toolchain, source, complaints.get(names[i]!) ?? [])]))
}

async function heard(sandbox: Sandbox, options: RunOptions): Promise<Pick<Outcome, 'end'> & { output: string }> {
  let output = ''
  const { end } = await sandbox.run({ ...options, onOutput: (text) => (output += text) })
  return { end, output }
}

/** Java wants a class in a file of its name. */
function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '_')
}

/** What is surely wrong: not what an older toolchain doesn't know yet, nor what only looks wrong because something is missing. */
function sure({ ofForm, blind, newer }: Toolchain, { path, text }: Source, complaints: Fault[]): Fault[] {
  if (complaints.length === 0 || complaints.some(({ message }) => blind?.test(message))) return []
  if (isTemplate(path, languageOf(path), text)) return []
  const placed = withLines(text, complaints.slice(0, FAULTS_AT_MOST))
  if (newer && placed.some((fault) => newer.test(fault.text ?? ''))) return []
  return ofForm ? placed.filter(({ message }) => ofForm.test(message)) : placed
}
