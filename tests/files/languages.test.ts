import { expect, test } from 'bun:test'
import { kindOf, languageOf, mediaTypeOf } from '../../src/files/languages.ts'

test.each([
  ['index.html', 'html', 'text/html; charset=utf-8', 'text'],
  ['a/STYLE.CSS', 'css', 'text/css; charset=utf-8', 'text'],
  ['a/script.js', 'javascript', 'text/javascript; charset=utf-8', 'text'],
  ['src/main.ts', 'typescript', 'text/plain; charset=utf-8', 'text'],
  ['main.py', 'python', 'text/plain; charset=utf-8', 'text'],
  ['Dockerfile', 'dockerfile', 'text/plain; charset=utf-8', 'text'],
  ['api/Dockerfile.dev', 'dockerfile', 'text/plain; charset=utf-8', 'text'],
  ['api.Dockerfile', 'dockerfile', 'text/plain; charset=utf-8', 'text'],
  ['Dockerfile.md', 'markdown', 'text/markdown; charset=utf-8', 'text'],
  ['images/hero.png', 'png', 'image/png', 'picture'],
  ['logo.svg', 'svg', 'image/svg+xml', 'picture'],
  ['font.woff2', 'font', 'font/woff2', 'binary'],
  ['clip.mp4', 'mp4', 'video/mp4', 'binary'],
  ['README', 'text', 'text/plain; charset=utf-8', 'text'],
  ['png', 'png', 'image/png', 'picture'],
  ['strange.constructor', 'text', 'text/plain; charset=utf-8', 'text'],
  ['__proto__', 'text', 'text/plain; charset=utf-8', 'text'],
] as const)('%s is %s', (path, language, media, kind) => {
  expect(languageOf(path)).toBe(language)
  expect(mediaTypeOf(path)).toBe(media)
  expect(kindOf(path)).toBe(kind)
})
