import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { buildBinary } from '../../../scripts/build.ts'
import { temporaryFolder } from '../../support/database.ts'

const BUILD_LIMIT_MS = 60_000

const FILES = [
  ['a.ts', 'const a: number = 1\nlet b = ;\n'],
  ['a.json', '{"a": 1,\n "b": }\n'],
  ['a.yaml', 'a: 1\nb: [1, 2\nc: 3\n'],
  ['a.toml', 'a = 1\nb = [1, 2\nc = 3\n'],
  ['a.xml', '<a>\n<b></a>\n'],
  ['a.css', '.a { color: red }\n}\n.b { color: red }\n'],
  ['a.scss', '.a {\n  color: red;\n'],
  ['a.sql', 'SELECT 1;\nSELECT FROM WHERE;\n'],
  ['Dockerfile', 'FROM a\nCOPPY . .\n'],
  ['a.py', 'def f(:\n  pass\n'],
  ['a.cpp', 'class A {\n  int f( { }\n'],
  ['a.sh', 'if true; then\n  echo\n'],
  ['good.sql', 'CREATE TABLE a (b SERIAL);\nPRAGMA x;\n'],
  ['good.tsx', 'export const A = <p>x</p>\n'],
  ['good.css', '@import "b.css";\n.a { background: url(b.png) }\n'],
  ['good.yaml', 'a: 1\n'],
]

test(
  'the parsers work in the single binary, away from the checkout',
  async () => {
    using folder = temporaryFolder()
    const binary = join(folder.path, 'validate')
    const arch = process.arch as 'x64' | 'arm64'
    await buildBinary({ entry: join(import.meta.dir, 'fixtures/validate-entry.ts'), outfile: binary, arch })

    const { stdout, stderr } = Bun.spawnSync([binary], { cwd: folder.path, stdin: Buffer.from(JSON.stringify(FILES)) })
    expect(stderr.toString()).toBe('')
    expect(JSON.parse(stdout.toString())).toEqual([2, 2, 3, 3, 2, 2, 1, 2, 2, 1, 1, 2, null, null, null, null])
  },
  BUILD_LIMIT_MS,
)
