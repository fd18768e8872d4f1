import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { kindOf } from '../../../src/files/languages.ts'
import type { Finding } from '../../../src/files/scan/finding.ts'
import { DEFAULT_POLICY, judge } from '../../../src/files/scan/policy.ts'
import { scan } from '../../../src/files/scan/scan.ts'
import { type Case, corpus, subjectOf } from '../../files/scan/corpus.ts'
import type { Benchmark, Result } from '../result.ts'
import { others } from './others.ts'

const INSTALLED = join(import.meta.dir, '../../../node_modules')
const LONGEST = 512 * 1024

/** What the scan finds of the labelled corpus, and what it says of files that people have written: the tables of docs/scan.md. */
export const scanning: Benchmark = {
  name: 'scan',
  run: async () => {
    const cases = corpus()
    const bad = cases.filter(({ isBad }) => isBad)
    const good = cases.filter(({ isBad }) => !isBad)
    console.error(byClass(cases))
    console.error(await others(cases))
    const real = installed()
    console.error(real.rows)
    const result = (name: string, what: string, value: number, aim: string, met: boolean): Result => ({
      name: `scan-${name}`,
      what,
      aim,
      value,
      unit: '%',
      met,
      runs: [value],
    })
    const found = share(bad.filter(isFound).length, bad.length)
    const alarms = share(good.filter(isAlarm).length, good.length)
    const refused = share(real.blocked, real.files)
    return [
      result('found', `of ${bad.length} bad files`, found, '>= 95 %', found >= 95),
      result('alarms', `of ${good.length} good files`, alarms, '<= 2 %', alarms <= 2),
      result('refused', `of ${real.files} installed files`, refused, '<= 0.1 %', refused <= 0.1),
    ]
  },
}

function share(some: number, all: number): number {
  return (100 * some) / all
}

const counts = ({ severity }: Finding) => severity !== 'low'

function isFound({ subject, path, text }: Case): boolean {
  return scan(path, text).some((finding) => counts(finding) && subjectOf(finding.rule) === subject)
}

function isGrave({ subject, path, text }: Case): boolean {
  return scan(path, text).some(({ rule, severity }) => severity === 'high' && subjectOf(rule) === subject)
}

function isAlarm({ path, text }: Case): boolean {
  return scan(path, text).some(counts)
}

function byClass(cases: Case[]): string {
  const rows = [...Map.groupBy(cases, ({ subject }) => subject)].map(([subject, some]) => {
    const [bad, good] = [some.filter(({ isBad }) => isBad), some.filter(({ isBad }) => !isBad)]
    const found = `${bad.filter(isFound).length} of ${bad.length}`
    return `| ${subject} | ${found} | ${bad.filter(isGrave).length} | ${good.filter(isAlarm).length} of ${good.length} |`
  })
  return ['| class | found | of them grave | false alarms |', '|---|---|---|---|', ...rows].join('\n')
}

/** What is said of every text of the installed packages. */
function installed() {
  const byRule = new Map<string, number>()
  let [files, bytes, blocked, asked, ms] = [0, 0, 0, 0, 0]
  for (const path of new Bun.Glob('**/*').scanSync({ cwd: INSTALLED, dot: true, followSymlinks: false })) {
    const { size } = statSync(join(INSTALLED, path))
    if (kindOf(path) !== 'text' || path.endsWith('.map') || size === 0 || size > LONGEST) continue
    const text = readFileSync(join(INSTALLED, path), 'utf8')
    const from = performance.now()
    const findings = scan(path, text)
    ms += performance.now() - from
    const { blocks, asks } = judge(findings, DEFAULT_POLICY)
    files++
    bytes += size
    if (blocks.length > 0) blocked++
    else if (asks.length > 0) asked++
    for (const { rule, severity } of findings) count(byRule, `${rule} ${severity}`)
  }
  const rules = [...byRule].sort(([, a], [, b]) => b - a).map(([rule, many]) => `| ${rule} | ${many} |`)
  const speed = `${(bytes / 1_000_000).toFixed(0)} MB in ${(ms / 1_000).toFixed(1)} s`
  const summary = `${files} files, ${speed}: ${blocked} refused, ${asked} asked about`
  return { files, blocked, rows: [summary, '| rule | findings |', '|---|---|', ...rules].join('\n') }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
