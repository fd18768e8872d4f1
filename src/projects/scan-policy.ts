import type { Reader } from '../db/open.ts'
import type { ScanPolicy } from '../files/scan/policy.ts'
import { settingsOf } from './settings.ts'

/** What a project's settings say is to become of findings: which block, which ask, which are noted. */
export async function policyOf(read: Reader, project: string): Promise<ScanPolicy> {
  return (await settingsOf(read, project)).scan
}
