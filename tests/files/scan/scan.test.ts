import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { kindOf } from '../../../src/files/languages.ts'
import { DEFAULT_POLICY, judge } from '../../../src/files/scan/policy.ts'
import { scan } from '../../../src/files/scan/scan.ts'
import { checksumOf, endsWithChecksum } from '../../../src/files/scan/tokens.ts'
import { worked } from '../../support/worked.ts'
import { type Case, corpus, MADE, subjectOf } from './corpus.ts'

const CASES = corpus()
const named = (some: Case[]) => some.map((each) => [`${each.subject}: ${each.label} (${each.path})`, each] as const)

test('the corpus holds at least a hundred bad files and a hundred good ones', () => {
  expect(CASES.filter(({ isBad }) => isBad).length).toBeGreaterThanOrEqual(100)
  expect(CASES.filter(({ isBad }) => !isBad).length).toBeGreaterThanOrEqual(100)
})

describe('what is bad is found,', () => {
  test.each(named(CASES.filter(({ isBad }) => isBad)))('%s', (_, { subject, path, text }) => {
    const found = scan(path, text).filter(({ severity }) => severity !== 'low')
    expect(found.map(({ rule }) => subjectOf(rule))).toContain(subject)
  })
})

describe('what only looks bad is left alone,', () => {
  test.each(named(CASES.filter(({ isBad }) => !isBad)))('%s', (_, { path, text }) => {
    expect(scan(path, text).filter(({ severity }) => severity !== 'low')).toEqual([])
  })
})

test('a finding names rule, severity, line and column, shows the line, and says why in one sentence', () => {
  const text = `import { exec } from 'node:child_process'\n\nexec(\`convert \${file} out.png\`)\n`
  expect(scan('a.js', text)).toEqual([
    {
      rule: 'shell-from-input',
      severity: 'high',
      line: 3,
      column: 1,
      excerpt: `exec(\`convert \${file} out.png\`)`,
      reason: expect.stringMatching(/^A shell reads .*list of arguments instead\.$/),
    },
  ])
})

describe('a secret is never in its own finding, nor in that of a neighbour:', () => {
  const made = Object.keys(MADE).filter((name) => !['rlo', 'lri', 'pdi', 'zwj', 'spaces'].includes(name))
  test.each(made)('%s', (name) => {
    const secret = MADE[name]!()
    const value = name === 'azure' ? `AccountKey=${secret}` : secret
    const text = `db_password = '${value}'; aws_secret = '${value}'; os.system(f"curl -H {user} '${value}'"); exec(x)\n`
    const told = JSON.stringify(scan('src/a.py', text))
    expect(told).not.toContain(secret)
    for (const piece of secret.slice(12).match(/[\w+/]{10}/g) ?? [])
      if (!piece.includes('KEY')) expect(told).not.toContain(piece)
    expect(scan('src/a.py', text).length).toBeGreaterThan(0)
  })
})

test('a token whose checksum is wrong is noted, and one whose checksum is right is grave', () => {
  const body = 'q7WbX2mZk9LpRt4Vy6Nc1Hs8Jd3FgA'
  const prefix = ['gh', 'p_'].join('')
  const right = prefix + body + checksumOf(body)
  expect(endsWithChecksum(right)).toBe(true)
  expect(scan('a.js', `const t = f('${right}')`)[0]).toMatchObject({ rule: 'secret-github-token', severity: 'high' })
  const wrong = `${prefix}${body}aZ3kQ9`
  expect(scan('a.js', `const t = f('${wrong}')`)[0]).toMatchObject({ severity: 'medium' })
})

test('comments, documents and what a program says are not code', () => {
  const line = `require('child_process').exec(\`rm -rf \${dir}\`)`
  expect(scan('a.js', `${line}\n`)).toHaveLength(1)
  expect(scan('a.js', `// ${line}\n/* ${line} */\n`)).toEqual([])
  expect(scan('a.js', `console.log(${JSON.stringify(line)})\n`)).toEqual([])
  expect(scan('README.md', `Never write\n\n    ${line}\n`)).toEqual([])
})

describe('four megabytes of anything are read in time:', () => {
  const units: [string, string][] = [
    ['one letter', 'a'],
    ['calls in calls', 'eval('],
    ['open templates', '`${'],
    ['names that are set again and again', 'x = x + "a"; exec(x); '],
    ['keys that begin', ['-----BEGIN', 'PRIVATE KEY-----'].join(' ')],
    ['downloads that begin', 'curl '],
    ['addresses', 'https://a:b'],
    ['statements', '"SELECT * FROM x" + '],
    ['marks of direction', '\u202E'],
  ]
  const SIZE = 4_000_000
  const MOST_MS = 15_000
  test.each(units)(
    '%s',
    (_, unit) => {
      for (const text of [unit, `${unit}\n`].map((each) => each.repeat(Math.ceil(SIZE / each.length)))) {
        const from = worked()
        expect(scan('a.py', text).length).toBeLessThanOrEqual(100)
        expect(worked() - from).toBeLessThan(MOST_MS)
      }
    },
    60_000,
  )
})

/** Packages of every checkout: what people have written. */
const SAMPLE = [
  'elysia',
  'eta',
  'zod',
  'croner',
  'drizzle-orm',
  'htmx.org',
  '@anthropic-ai/sdk',
  'openai',
  'fast-check',
]
const FILES_EACH = 100

test('of real packages the default policy refuses no file', () => {
  let looked = 0
  const refused: string[] = []
  for (const name of SAMPLE) {
    const root = join(import.meta.dir, '../../../node_modules', name)
    const paths = [...new Bun.Glob('**/*').scanSync({ cwd: root })].filter(
      (path) => kindOf(path) === 'text' && statSync(join(root, path)).size < 200_000,
    )
    const every = Math.ceil(paths.length / FILES_EACH)
    for (const path of paths.sort().filter((_, i) => i % every === 0)) {
      looked++
      const { blocks } = judge(scan(path, readFileSync(join(root, path), 'utf8')), DEFAULT_POLICY)
      refused.push(...blocks.map(({ line, rule }) => `${name}/${path}:${line} ${rule}`))
    }
  }
  expect(refused).toEqual([])
  expect(looked).toBeGreaterThan(400)
}, 60_000)
