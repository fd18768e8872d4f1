/** Longest that a stop takes, whatever hangs. */
const STOP_MS = 4_900

/** Resolves at the first SIGTERM, SIGINT or SIGHUP; the second ends the process at once, as do 5 s after the first. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (asked) process.exit(1)
        asked = true
        setTimeout(() => process.exit(1), STOP_MS).unref()
        resolve()
      })
  })
}
