import { faultsOf } from './bundler.ts'
import type { Fault } from './fault.ts'

/** Flow's types are no JavaScript, and stand in files that are named like it. */
const FLOW = /@(?:no)?flow\b/

/** JavaScript and TypeScript. Macros are off: the parser would run the file that an import names, on the server. */
export function checkScript(text: string, loader: 'jsx' | 'ts' | 'tsx'): Fault[] {
  const options = { loader, macro: false } as unknown as Bun.TranspilerOptions
  try {
    new Bun.Transpiler(options).scan(text)
    return []
  } catch (error) {
    return loader === 'jsx' && FLOW.test(text.slice(0, 2_000)) ? [] : faultsOf(error)
  }
}
