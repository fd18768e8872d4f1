import { expect, test } from 'bun:test'
import { sectionsOf, sourceChanges } from './changelog.ts'

const LOG = `# History

v6.7.1 - November 24, 2019

* [\`dd1e9f4\`](https://example.org/dd1e9f4df2) Fix: revert changes to key-spacing due to regression (#12598) (Kai Cataldo)
* 4c823bd Docs: Fix the docs of a rule (#1) (Somebody)

## [6.3.20](https://example.org/compare/a...b) (2022-05-13)

### Bug Fixes

* **client:** error out when opening a new tab fails ([099b85e](https://example.org/099b85e)), closes [#3730](https://example.org/3730)

### Documentation

* say how it is done, at length

# 2019-05-17, version 5.10.1

- Fix #1512: format using notation can give wrong results
  when the value has less digits. Thanks @somebody.

5.13.16 / 2023-02-20
====================
 * fix: make access to process.versions lazy #12584 [somebody](https://example.org/somebody)
`

test('a changelog gives its releases, and of each the changes that its sources show, in plain words', () => {
  expect(sectionsOf(LOG).map((section) => [section.version, sourceChanges(section)])).toEqual([
    ['6.7.1', ['Fix: revert changes to key-spacing due to regression']],
    ['6.3.20', ['client: error out when opening a new tab fails']],
    ['5.10.1', ['Fix: format using notation can give wrong results when the value has less digits.']],
    ['5.13.16', ['fix: make access to process.versions lazy']],
  ])
})
