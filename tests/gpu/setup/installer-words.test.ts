import { expect, test } from 'bun:test'
import { failureIn, readWord, type Word } from '../../../src/gpu/setup/installer-words.ts'
import { isWithin, lockFacts } from '../../../src/gpu/setup/lock-facts.ts'

const SAID: [string, Word | undefined][] = [
  [
    '  Downloading torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl (915.1 MB)',
    { type: 'package', name: 'torch', bytes: 915_100_000 },
  ],
  ['  Using cached numpy-2.4.6-cp312.whl (17.0 MB)', { type: 'package', name: 'numpy', bytes: 17_000_000 }],
  ['Downloading triton (187.2MiB)', { type: 'package', name: 'triton', bytes: 196_293_427 }],
  ['  Downloading https://example.org/x/zipp-4.1.2-py3-none-any.whl.metadata (3.6 kB)', undefined],
  ['Progress 1024 of 4096', { type: 'bytes', done: 1024, total: 4096 }],
  [' + torch==2.15.0', { type: 'package', name: 'torch', bytes: null }],
  ['Installing collected packages: a, b, c', { type: 'installing', packages: 3 }],
  ['Prepared 71 packages in 2m 03s', { type: 'installing', packages: 71 }],
  ['Collecting torch==2.15.0 (from -r requirements.txt (line 7))', undefined],
]

test.each(SAID)('what an installer tells is read: %s', (line, word) => {
  expect(readWord(line)).toEqual(word)
})

test.each([
  ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', 'hash'],
  ['error: Hash mismatch for `six==1.17.0`', 'hash'],
  ['ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device', 'disk'],
  ["WARNING: Retrying after connection broken by 'NewConnectionError(...)': /simple/x/", 'network'],
  ['error: Failed to fetch: `http://127.0.0.1:9/simple/x/`', 'network'],
  ['ERROR: No matching distribution found for x==1.0', 'nothing_fits'],
  ['Segmentation fault', 'other'],
] as const)('why one failed is understood: %s', (text, why) => {
  expect(failureIn(text)).toBe(why)
})

test('a lock says which Python it is for, what it takes, and how much it is', () => {
  const facts = lockFacts('# python: 3.11 - 3.14\n# disk: 8 GB\na==1 \\\n    --hash=sha256:00\nb==2 ; x\n')
  expect(facts).toMatchObject({ packages: 2, diskBytes: 8 * 1024 ** 3, python: { from: [3, 11], to: [3, 14] } })
  expect([
    isWithin([3, 10], facts),
    isWithin([3, 11], facts),
    isWithin([3, 14], facts),
    isWithin([3, 15], facts),
  ]).toEqual([false, true, true, false])
  expect(isWithin([3, 5], lockFacts('a==1\n'))).toBe(true)
})
