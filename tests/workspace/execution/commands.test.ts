import { expect, test } from 'bun:test'
import { offersOf } from '../../../src/workspace/execution/commands.ts'

function commands(paths: string[], pack?: unknown): string[] {
  const texts = new Map(
    pack === undefined ? [] : [['package.json', typeof pack === 'string' ? pack : JSON.stringify(pack)]],
  )
  return offersOf([...paths, ...texts.keys()], texts).map(({ command, purpose }) => `${purpose}: ${command}`)
}

test.each([
  [
    'a package’s scripts, but what serves, watches or publishes',
    ['x.txt'],
    { scripts: { build: 'x', dev: 'x', test: 'x', 'lint:fix': 'x', start: 'x', prepare: 'x', 'a b; rm': 'x' } },
    ['build: bun run build', 'test: bun run test', 'lint: bun run lint:fix', 'run: bun run start'],
  ],
  ['tests beside the sources', ['src/sum.ts', 'src/sum.test.ts'], undefined, ['test: bun test']],
  [
    'Python tests, and a main program',
    ['main.py', 'tests/test_a.py'],
    undefined,
    ['test: python3 -m unittest discover -p "test_*.py"', 'run: python3 main.py'],
  ],
  [
    'types where there is a configuration',
    ['tsconfig.json', 'index.ts'],
    undefined,
    ['types: tsc --noEmit', 'run: bun index.ts'],
  ],
  ['the only program that there is', ['rename_photos.py', 'README.md'], undefined, ['run: python3 rename_photos.py']],
  [
    'Go, Rust and C',
    ['go.mod', 'main.go', 'main_test.go', 'Cargo.toml', 'main.c'],
    undefined,
    [
      'test: go test ./...',
      'build: go vet ./...',
      'build: cargo check --offline',
      'run: cc main.c -o /tmp/main && /tmp/main',
      'run: go run .',
    ],
  ],
  ['nothing for a site', ['index.html', 'styles.css', 'images/a.png'], undefined, []],
  ['nothing for a package that can’t be read', ['index.html'], '{ "scripts": ', []],
  ['nothing for one that is something else', ['index.html'], { scripts: ['x'], dependencies: 3 }, []],
])('a project offers %s', (_what, paths, pack, offered) => {
  expect(commands(paths, pack)).toEqual(offered)
})

test('what needs packages says so', () => {
  const texts = new Map([
    ['package.json', JSON.stringify({ scripts: { test: 'vitest' }, devDependencies: { vitest: '1' } })],
  ])
  expect(offersOf(['package.json'], texts)).toEqual([
    { command: 'bun run test', purpose: 'test', from: 'package.json', needs: ['vitest'] },
  ])
})
