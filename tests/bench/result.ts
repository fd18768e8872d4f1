/** What one benchmark found: the median of its runs, beside its aim and, where there is one, a baseline of the same run. */
export interface Result {
  name: string
  /** What was measured. */
  what: string
  aim: string
  value: number
  unit: string
  met: boolean
  /** Each run, in order. */
  runs: number[]
  baseline?: { what: string; value: number }
  /** Further figures, for information. */
  also?: Record<string, number | string>
}

export interface Benchmark {
  name: string
  /** Runs only when it is named: it needs the internet, or many minutes. */
  named?: true
  /** Measures `runs` times. */
  run(runs: number): Promise<Result[]>
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The value below which a share of all lie. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

/** Does something so many times, one after another. */
export async function repeat<T>(runs: number, once: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let i = 0; i < runs; i++) results.push(await once())
  return results
}

export function table(results: Result[]): string {
  const rows = results.map(({ name, what, aim, value, unit, met, baseline }) => [
    met ? 'met' : 'MISSED',
    name,
    `${short(value)} ${unit}`,
    aim,
    baseline ? `${short(baseline.value)} ${baseline.what}` : '',
    what,
  ])
  const head = ['', 'benchmark', 'median', 'aim', 'baseline', 'what']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Three figures that count. */
function short(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(3)
}
