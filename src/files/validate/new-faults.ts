import { type Fault, shortened } from './fault.ts'

/**
 * The faults of a text that are new. Lines move when others are added, and a parser stops at its first fault: where that is mended, the next comes to light. So
 * of a text that had faults before, those are known that stand on a line that was there.
 */
export function newFaults(faults: Fault[], known: Fault[], before: string): Fault[] {
  if (known.length === 0) return faults
  const rows = new Set(before.split('\n').map((row) => shortened(row.trim())))
  return faults.filter(({ text }) => !rows.has(text ?? ''))
}
