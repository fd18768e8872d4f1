/** First wait, doubled with each failure. */
const FIRST_MS = 1_000
const LONGEST_MS = 60_000
/** Most tries of a job before it has failed. */
export const MAX_ATTEMPTS = 5

/**
 * The wait in ms after the `failures`-th failure in a row (1, 2, …): 1 s x 2^n, at most 60 s, of which a random half
 * (“equal jitter”). What the other side asked for wins.
 */
export function backoff(failures: number, random: number, retryAfterMs?: number): number {
  if (retryAfterMs !== undefined) return Math.max(0, Math.ceil(retryAfterMs))
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
  return Math.round(full / 2 + (full / 2) * random)
}
