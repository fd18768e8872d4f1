import { expect, test } from 'bun:test'
import { linksOf } from '../../../src/files/map/links.ts'
import { wordsOf } from '../../../src/files/map/words.ts'

test('an identifier gives its parts, and itself, in whichever spelling', () => {
  for (const spelling of ['readFile', 'read_file', 'read-file', 'ReadFile', 'READ_FILE'])
    expect(wordsOf(spelling)).toEqual(['read', 'file', 'read file'])
  expect(wordsOf('HTTPServer2')).toEqual(['http', 'server', '2', 'http server 2'])
})

test('plurals are their singular, and the words of every sentence are left out', () => {
  expect(wordsOf('The files and their classes of the address')).toEqual(['file', 'classe', 'address'])
})

test('words of other alphabets are words, and endless ones are not', () => {
  expect(wordsOf(`Bäckerei пекарня ${'x'.repeat(81)}`)).toEqual(['bäckerei', 'пекарня'])
})

test('a file links to those that it names by path, in any way that the web and modules do', () => {
  const paths = new Set([
    'css/style.css',
    'index.html',
    'img/a b.png',
    'lib/cart.js',
    'lib/shop.js',
    'src/a.ts',
    'src/b.ts',
    'menu/index.html',
    'style',
  ])
  expect(linksOf('index.html', `<link href="css/style.css"> <img src='/img/a b.png'> <a href="menu/">`, paths)).toEqual(
    ['css/style.css', 'img/a b.png', 'menu/index.html'],
  )
  expect(linksOf('lib/shop.js', "require('./cart'); require('../lib/shop'); 'style'", paths)).toEqual(['lib/cart.js'])
  expect(linksOf('src/a.ts', "import b from './b.js'", paths)).toEqual(['src/b.ts'])
  expect(
    linksOf('css/style.css', 'url(../img/a b.png) url("https://img/a b.png") url(../../index.html)', paths),
  ).toEqual(['img/a b.png'])
})
