import { z } from 'zod'
import { classOf, type Finding } from './finding.ts'

const Verdict = z.enum(['block', 'ask', 'note'])

/** What happens to a finding: `block` refuses the file, `ask` asks a person, `note` is said and nothing more. */
export type Verdict = z.infer<typeof Verdict>

const bySeverity = (high: Verdict) =>
  z
    .object({
      high: Verdict.default(high),
      medium: Verdict.default('note'),
      low: Verdict.default('note'),
    })
    .prefault({})

/** A project's policy: what becomes of findings, by their class and severity. An empty one is the default. */
export const ScanPolicy = z.object({ secrets: bySeverity('block'), danger: bySeverity('ask') }).prefault({})

export type ScanPolicy = z.infer<typeof ScanPolicy>

/** Grave secrets block, grave dangers ask, all else is noted. */
export const DEFAULT_POLICY: ScanPolicy = ScanPolicy.parse({})

export interface Judged {
  blocks: Finding[]
  asks: Finding[]
  notes: Finding[]
}

/** Sorts findings by what a policy says of them, in their order. */
export function judge(findings: Finding[], policy: ScanPolicy): Judged {
  const said = (verdict: Verdict) =>
    findings.filter((finding) => policy[classOf(finding)][finding.severity] === verdict)
  return { blocks: said('block'), asks: said('ask'), notes: said('note') }
}

/** What a text has that the one before it had not: what stood there already is nobody's doing now. */
export function freshFindings(after: Finding[], before: Finding[]): Finding[] {
  const known = new Map<string, number>()
  for (const finding of before) known.set(keyOf(finding), (known.get(keyOf(finding)) ?? 0) + 1)
  return after.filter((finding) => {
    const many = known.get(keyOf(finding)) ?? 0
    known.set(keyOf(finding), many - 1)
    return many <= 0
  })
}

function keyOf({ rule, excerpt }: Finding): string {
  return `${rule} ${excerpt}`
}

/** A finding in words: `line 12: ... (shell-from-input)`. */
export function inWords({ line, reason, rule }: Finding): string {
  return `line ${line}: ${reason.replace(/\.$/, '')} (${rule})`
}
