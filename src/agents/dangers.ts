import { DomainError } from '../errors.ts'
import type { Finding } from '../files/scan/finding.ts'
import { freshFindings, inWords, type Judged, judge, type ScanPolicy } from '../files/scan/policy.ts'
import { scan } from '../files/scan/scan.ts'

/** Most findings that are shown of one file. */
const MOST_SHOWN = 8

/** What a text has that a policy speaks about; of what stood in the file before, nothing. */
export function dangersIn(path: string, text: string, policy: ScanPolicy, before?: string): Judged {
  const found = scan(path, text)
  return judge(before === undefined ? found : freshFindings(found, scan(path, before)), policy)
}

/** Findings for a model or a person, a sentence each. */
export function inSentences(findings: Finding[]): string[] {
  const shown = findings.slice(0, MOST_SHOWN).map(inWords)
  const more = findings.length - shown.length
  return more > 0 ? [...shown, `and ${more} more like these`] : shown
}

/** The question whether a file may be taken as it is: a job is held with it. */
export function dangerFound(path: string, sha256: string, asks: Finding[]): DomainError {
  const [first] = inSentences(asks)
  const more = asks.length > 1 ? `, and ${asks.length - 1} more` : ''
  return new DomainError(
    'danger_found',
    `The model insists on ${path}, which does what this project asks you about: ${first}${more}. “Try again” takes the file as it is, “Start over” has it written anew.`,
    { context: { path, sha256, findings: asks.slice(0, MOST_SHOWN) } },
  )
}
