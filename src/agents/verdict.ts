import { advise } from '../files/validate/advise.ts'
import { type Fault, faultInWords } from '../files/validate/fault.ts'
import { newFaults } from '../files/validate/new-faults.ts'
import { validate } from '../files/validate/validate.ts'
import type { Compilers } from '../sandbox/compilers.ts'

/** What can be run to judge files; absent where nothing is. */
export interface Judges {
  compilers?: Compilers | undefined
}

/** What speaks against the form of a file, in words: `faults` are sure, `hints` may be wrong. */
export interface Verdict {
  faults: string[]
  hints: string[]
}

export interface Judged {
  path: string
  text: string
  /** The file as it was: only what is new counts then. */
  before?: string | undefined
}

/**
 * What the exact parsers say of a file; then the language's own compiler, in the sandbox; and where neither could judge it,
 * what its grammar can't read.
 */
export async function judge({ compilers }: Judges, file: Judged, signal: AbortSignal): Promise<Verdict> {
  const { path, text, before } = file
  const parsed = await newOf(file, (each) => validate(path, each))
  if (parsed.length > 0) return { faults: parsed.map(faultInWords), hints: [] }
  const compiled = await compilers?.check([{ path, text }], signal)
  const said = compiled?.get(path)
  if (!said) return { faults: [], hints: (await advise(path, text, before)).map(faultInWords) }
  const compile = async (each: string) => (await compilers!.check([{ path, text: each }], signal)).get(path) ?? []
  const faults = said.length === 0 ? [] : await newOf(file, (each) => (each === text ? said : compile(each)))
  return { faults: faults.map(faultInWords), hints: [] }
}

async function newOf({ text, before }: Judged, check: (text: string) => Fault[] | Promise<Fault[]>): Promise<Fault[]> {
  const faults = await check(text)
  if (faults.length === 0 || before === undefined) return faults
  return newFaults(faults, await check(before), before)
}
