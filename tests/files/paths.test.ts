import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { DomainError } from '../../src/errors.ts'
import { caseKey, projectPath } from '../../src/files/paths.ts'

const GOOD = [
  'index.html',
  'src/main.ts',
  'a/b/c/d.txt',
  '.gitignore',
  '.github/workflows/ci.yml',
  'pages/[id].tsx',
  'ünï/日本語.md',
  'with space/and more.txt',
  '..a/b..c/...d',
  'console.log',
  'com.txt',
  'family-👨‍👩‍👧.png',
  `${'x'.repeat(255)}/y`,
]

test.each(GOOD)('“%s” is a path', (path) => {
  expect(projectPath(path)).toBe(path.normalize('NFC'))
})

const BAD: [string, string, RegExp][] = [
  ['nothing', '', /empty/],
  ['only spaces', '  ', /empty/],
  ['a way out', '../x', /leaves the project/],
  ['a way out in the middle', 'a/../../x', /leaves the project/],
  ['the folder itself', './x', /part “\.”/],
  ['an absolute path', '/etc/passwd', /absolute/],
  ['a drive', 'C:/x', /drive letter/],
  ['a drive without a slash', 'c:x', /drive letter/],
  ['a backslash', 'a\\b', /backslash/],
  ['a way out with backslashes', '..\\x', /backslash/],
  ['NUL', 'a\0b', /control/],
  ['a new line', 'a\nb', /control/],
  ['a bidi control', 'a\u202Egpj.exe', /invisible/],
  ['a zero-width space', 'a\u200Bb', /invisible/],
  ['half a character', 'a\uD800', /invisible/],
  ['an empty part', 'a//b', /empty part/],
  ['a slash at the end', 'a/', /empty part/],
  ['a dot at the end', 'a./b', /ends with a dot/],
  ['a space at the end', 'a /b', /space/],
  ['a space at the start', ' a', /space/],
  ['a stream of Windows', 'a.txt:hidden', /holds one of/],
  ['a wildcard', 'a*.txt', /holds one of/],
  ['a device', 'CON', /device/],
  ['a device with an ending', 'sub/nul.txt', /device/],
  ['a device in superscript', 'com¹.log', /device/],
  ['a device before a space', 'aux .txt', /device/],
  ["Git's folder", '.git/config', /Git/],
  ["Git's folder in capitals", 'a/.GIT/hooks/post-checkout', /Git/],
  ["Git's folder with a hidden mark", '.g\u200Cit/config', /Git/],
  ["Git's short name", 'GIT~1/config', /Git/],
  ["Hearth's own", '.hearth/state', /Hearth/],
  ["Hearth's own in capitals", 'a/.Hearthrc', /Hearth/],
  ['a long name', 'é'.repeat(128), /longer than 255/],
  ['a long path', 'abcdefg/'.repeat(130).slice(0, -1), /longer than 1024/],
]

test.each(BAD)('%s is refused in words', (_what, path, said) => {
  expect(() => projectPath(path)).toThrow(said)
  expect(() => projectPath(path)).toThrow(expect.objectContaining({ code: 'bad_path' }))
})

test('both Unicode forms of a name are one path', () => {
  expect(projectPath('cafe\u0301.html')).toBe('caf\u00E9.html')
})

test('the sentence shows no character that turns or hides it', () => {
  expect(() => projectPath('a\u202Eb\0c')).toThrow('“a\uFFFDb\uFFFDc”')
})

const segment = fc.oneof(
  fc.constantFrom('.', '..', '', ' ', 'a', 'A', 'ß', '.git', 'con', 'İ', 'ς', '\0', '\\', 'c:', '%2e%2e', 'e\u0301'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const anyPath = fc.array(segment, { maxLength: 6 }).map((parts) => parts.join('/'))

describe('whatever the text,', () => {
  test('the answer is a path that stays inside, or bad_path', () => {
    fc.assert(
      fc.property(anyPath, (text) => {
        const path = attempt(text)
        if (path === null) return
        const parts = path.split('/')
        expect(new URL(encodeURI(path), 'http://x/root/').pathname.startsWith('/root/')).toBe(true)
        expect(parts.every((part) => part !== '' && part !== '.' && part !== '..')).toBe(true)
        expect(/[\0\\:]/.test(path)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a path is its own path', () => {
    fc.assert(
      fc.property(anyPath, (text) => {
        const path = attempt(text)
        if (path !== null) expect(projectPath(path)).toBe(path)
      }),
      { numRuns: 2_000 },
    )
  })

  test('its case key is its own case key, and that of its capitals', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const key = caseKey(text)
        expect(caseKey(key)).toBe(key)
        expect(caseKey(text.toUpperCase())).toBe(key)
        expect(caseKey(text.normalize('NFD'))).toBe(key)
      }),
      { numRuns: 5_000 },
    )
  })
})

function attempt(text: string): string | null {
  try {
    return projectPath(text)
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError)
    expect((error as DomainError).code).toBe('bad_path')
    return null
  }
}
