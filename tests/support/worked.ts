/** What this process has worked so far, ms: a machine that is busy with others does not count. */
export function worked(): number {
  return process.cpuUsage().user / 1000
}
