import { describe, expect, test } from 'bun:test'
import { impactOf } from '../../../src/files/impact/impact.ts'
import { impactInWords } from '../../../src/files/impact/words.ts'
import { worked } from '../../support/worked.ts'

const texts = (files: Record<string, string | undefined>) =>
  new Map(Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined))
const impact = (before: Record<string, string>, edit: Record<string, string | undefined>) =>
  impactOf(texts(before), texts({ ...before, ...edit }))
const told = (...args: Parameters<typeof impact>) => impactInWords(impact(...args))

const CART = 'export function total(items) {\n  return items.length\n}\nexport const TAX = 0.19\n'

describe('an export that goes while others use it is told,', () => {
  const users: [string, string, string, boolean][] = [
    ['by an import of its name', 'app.js', "import { TAX, total } from './cart.js'\ntotal([])\n", true],
    ['by an import under another name', 'app.ts', "import {\n  total as sum,\n} from './cart'\nsum([])\n", true],
    ['when it is passed on', 'all.js', "export { total } from './cart.js'\n", true],
    ['by the name of its module', 'app.js', "\nimport * as cart from './cart.js'\ncart.total([])\n", false],
    ['when it is required', 'app.cjs', "const { total } = require('./cart.js')\n", false],
  ]
  test.each(users)('%s', (_, path, text, exact) => {
    const found = impact({ 'cart.js': CART, [path]: text }, { 'cart.js': CART.replace('total', 'sum') })
    expect(found).toMatchObject([{ kind: 'export', name: 'total', path: 'cart.js', uses: [{ path, exact }] }])
  })

  test('in words, with file and line', () => {
    const app = "\nimport { total } from './cart.js'\ntotal([])\n"
    expect(told({ 'cart.js': CART, 'app.js': app }, { 'cart.js': CART.replace('total', 'sum') })).toEqual([
      'total is no longer exported by cart.js, but app.js:2 still refers to it',
    ])
  })
})

describe('in other languages and places too:', () => {
  const rows: [string, Record<string, string>, Record<string, string | undefined>, string][] = [
    [
      'a function of Python',
      { 'shop/cart.py': 'def total(items):\n    return 1\n', 'main.py': 'from shop.cart import total\n\ntotal([])\n' },
      { 'shop/cart.py': 'def sum_of(items):\n    return 1\n' },
      'total is no longer exported by shop/cart.py, but main.py:1 still refers to it',
    ],
    [
      'a type of TypeScript',
      {
        'types.ts': 'export interface Item {\n  id: string\n}\n',
        'app.ts': "import { type Item } from './types.ts'\n",
      },
      { 'types.ts': 'export interface Thing {\n  id: string\n}\n' },
      'Item is no longer exported by types.ts, but app.ts:1 still refers to it',
    ],
    [
      'a route of Express',
      { 'server.js': "app.get('/api/bread/:id', show)\n", 'app.js': `const b = await fetch(\`/api/bread/\${id}\`)\n` },
      { 'server.js': "app.get('/api/loaves/:id', show)\n" },
      'the route /api/bread/:id is gone from server.js, but app.js:1 still refers to it',
    ],
    [
      'a route of FastAPI',
      {
        'main.py': '@app.get("/orders")\ndef orders():\n    return []\n',
        'index.html': '<a href="/orders">Orders</a>\n',
      },
      { 'main.py': '@app.get("/sales")\ndef orders():\n    return []\n' },
      'the route /orders is gone from main.py, but index.html:1 still refers to it',
    ],
    [
      'an id of a page',
      {
        'index.html': '<main id="menu"></main>\n',
        'app.js': "\ndocument.getElementById('menu')\n",
        'style.css': '#menu { color: red }\n',
        'about.html': '<a href="index.html#menu">Menu</a>',
      },
      { 'index.html': '<main id="card"></main>\n' },
      'the id menu is gone from index.html, but app.js:2 still refers to it',
    ],
    [
      'a class of a sheet',
      { 'style.css': '.card, .box { color: red }\n', 'index.html': '<p>\n<b class="big card">x</b>\n' },
      { 'style.css': '.box { color: red }\n' },
      'the class card is gone from style.css, but index.html:2 still refers to it',
    ],
    [
      'a custom property',
      { 'tokens.css': ':root { --ink: #111; --paper: #fff }\n', 'style.css': 'body { color: var(--ink) }\n' },
      { 'tokens.css': ':root { --paper: #fff }\n' },
      'the property --ink is gone from tokens.css, but style.css:1 still refers to it',
    ],
    [
      'a file',
      { 'lib/menu.js': 'export const a = 1\n', 'app.js': "\n\nimport './lib/menu.js'\n" },
      { 'lib/menu.js': undefined },
      'the file lib/menu.js is gone, but app.js:3 still refers to it',
    ],
  ]
  test.each(rows)('%s', (_, before, edit, words) => {
    expect(told(before, edit).join('\n')).toContain(words.split(', but')[0]!)
    expect(told(before, edit).join('\n')).toContain(words.split(', but ')[1]!.split(' still')[0]!)
  })
})

describe('nothing is told', () => {
  const calm: [string, Record<string, string>, Record<string, string | undefined>][] = [
    ['of what nobody uses', { 'cart.js': CART, 'app.js': 'total([])\n' }, { 'cart.js': '' }],
    [
      'of what the same edit renames everywhere',
      { 'cart.js': CART, 'app.js': "import { total } from './cart.js'\n" },
      { 'cart.js': CART.replace('total', 'sum'), 'app.js': "import { sum } from './cart.js'\n" },
    ],
    [
      'of a class that moves to another sheet',
      { 'a.css': '.card { top: 0 }\n', 'b.css': '', 'index.html': '<b class="card">x</b>' },
      { 'a.css': '', 'b.css': '.card { top: 0 }\n' },
    ],
    [
      'of an export of another file with the same name',
      { 'cart.js': CART, 'sum.js': CART, 'app.js': "import { total } from './sum.js'\n" },
      { 'cart.js': 'export const TAX = 1\n' },
    ],
    [
      'of an edit within a function',
      { 'cart.js': CART, 'app.js': "import { total } from './cart.js'\n" },
      { 'cart.js': CART.replace('length', 'size') },
    ],
    ['of a file that does not parse', { 'cart.js': 'export const {\n' }, { 'cart.js': '' }],
  ]
  test.each(calm)('%s', (_, before, edit) => {
    expect(impact(before, edit)).toEqual([])
  })
})

test('a project of 2,000 files is looked through in time', () => {
  const before: Record<string, string> = { 'cart.js': CART }
  for (let i = 0; i < 2_000; i++)
    before[`page-${i}.js`] = `import { total } from './cart.js'\n${'total([1, 2, 3])\n'.repeat(100)}`
  const from = worked()
  const [found] = impact(before, { 'cart.js': CART.replace('total', 'sum') })
  expect(found!.uses).toHaveLength(12)
  expect(worked() - from).toBeLessThan(5_000)
})
