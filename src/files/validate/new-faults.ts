import type { Fault } from './fault.ts'

/**
 * The faults of a text that the text before it did not have. A parser stops at the first: where one is mended, the next that was there already
 * comes to light, on a line that was there already too.
 */
export function newFaults(faults: Fault[], known: Fault[], before: string): Fault[] {
  if (known.length === 0) return faults
  const counts = new Map<string, number>()
  for (const fault of known) counts.set(keyOf(fault), (counts.get(keyOf(fault)) ?? 0) + 1)
  const rows = new Set(before.split('\n').map((row) => row.trim()))
  return faults.filter((fault) => {
    const left = counts.get(keyOf(fault)) ?? 0
    counts.set(keyOf(fault), left - 1)
    return left <= 0 && !rows.has(fault.text ?? '')
  })
}

/** Lines move when others are added: what stands on one tells it again. */
function keyOf({ message, text }: Fault): string {
  return `${message}\n${text}`
}
