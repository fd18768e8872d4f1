/** The lane of the jobs that look after the machine: one at a time. */
export const UPKEEP = 'upkeep'

/** The input of kinds that take none. */
export function takesNothing(): Record<string, never> {
  return {}
}
