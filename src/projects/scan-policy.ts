import type { Reader } from '../db/open.ts'
import { DEFAULT_POLICY, type ScanPolicy } from '../files/scan/policy.ts'

/** What becomes of secrets and dangerous calls in a project’s files. No project has a policy of its own yet: it is the default. */
export async function policyOf(_read: Reader, _project: string): Promise<ScanPolicy> {
  return DEFAULT_POLICY
}
