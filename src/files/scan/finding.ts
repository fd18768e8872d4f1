export type Severity = 'high' | 'medium' | 'low'

/** What a rule is about: what must not be known, or what must not be done. */
export type RuleClass = 'secrets' | 'danger'

/** Something in a file that should not be there. No secret is ever in one: not in the excerpt, not in the reason. */
export interface Finding {
  /** `secret-github-token`, `shell-from-input`, ... */
  rule: string
  severity: Severity
  /** Both from 1. */
  line: number
  column: number
  /** The line, shortened, with every secret in it blotted out. */
  excerpt: string
  /** Why it matters and what to do instead, in one sentence. */
  reason: string
}

/** A finding before it has a place in words: `at` is an offset in the text. */
export interface Hit {
  rule: string
  severity: Severity
  at: number
  reason: string
  /** Where the secret itself stands, from and to. */
  secret?: [number, number]
}

const SECRETS = /^(?:secret|private-key|password)-/

export function classOf({ rule }: Pick<Finding, 'rule'>): RuleClass {
  return SECRETS.test(rule) ? 'secrets' : 'danger'
}
