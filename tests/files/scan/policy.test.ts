import { expect, test } from 'bun:test'
import type { Finding } from '../../../src/files/scan/finding.ts'
import { DEFAULT_POLICY, freshFindings, inWords, judge, ScanPolicy } from '../../../src/files/scan/policy.ts'

const finding = (rule: string, severity: Finding['severity'], line = 1): Finding => ({
  rule,
  severity,
  line,
  column: 1,
  excerpt: `${rule} of ${line}`,
  reason: 'It matters.',
})
const SECRET = finding('secret-in-code', 'high')
const KEY = finding('private-key-in-file', 'medium')
const SHELL = finding('shell-from-input', 'high')
const HTML = finding('html-from-input', 'medium')

test('by default grave secrets block, grave dangers ask, and all else is noted', () => {
  expect(judge([SECRET, KEY, SHELL, HTML], DEFAULT_POLICY)).toEqual({
    blocks: [SECRET],
    asks: [SHELL],
    notes: [KEY, HTML],
  })
})

test('a project’s policy says otherwise by class and severity, and what it leaves out is the default', () => {
  const policy = ScanPolicy.parse({ secrets: { medium: 'ask' }, danger: { high: 'block', medium: 'ask' } })
  expect(judge([SECRET, KEY, SHELL, HTML], policy)).toEqual({ blocks: [SECRET, SHELL], asks: [KEY, HTML], notes: [] })
  expect(ScanPolicy.parse(undefined)).toEqual(DEFAULT_POLICY)
  expect(() => ScanPolicy.parse({ danger: { high: 'forbid' } })).toThrow()
})

test('what stood in a file already is not found anew, wherever its line has gone', () => {
  const moved = { ...SHELL, line: 40 }
  expect(freshFindings([moved, SECRET], [SHELL])).toEqual([SECRET])
  expect(freshFindings([SHELL, moved], [SHELL])).toEqual([moved])
})

test('in words a finding is its line, its reason and its rule', () => {
  expect(inWords(SHELL)).toBe('line 1: It matters (shell-from-input)')
})
