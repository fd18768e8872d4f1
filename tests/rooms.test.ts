import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type House, ROOMS, trespasses } from './house/trespass.ts'

const ROOT = join(import.meta.dir, '..')
const LOOKED_AT = '{src,tests,scripts,views,migrations,public}/**/*.{ts,eta,sql,css,js}'
const SQLITE = ['bun', 'sqlite'].join(':')

function theHouse(): House {
  const paths = [...new Bun.Glob(LOOKED_AT).scanSync(ROOT)].filter((path) => !path.startsWith('public/vendor/'))
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))
}

test('every file keeps to its room', () => {
  const house = theHouse()
  expect(house.size).toBeGreaterThan(5)
  expect(trespasses(house)).toEqual([])
})

describe('a planted trespass is caught:', () => {
  const planted: Array<[string, string, string, RegExp]> = [
    ['an import from a later room', 'src/db/open.ts', "import { run } from '../jobs/worker.ts'", /later room/],
    ['a type from a later room', 'src/web/page.ts', "import type { Task } from '../projects/tasks.ts'", /later room/],
    ['an import over several lines', 'src/db/open.ts', "import {\n  run,\n} from '../jobs/worker.ts'", /later room/],
    ['a dynamic import', 'src/db/open.ts', "const x = await import('../app.ts')", /later room/],
    ['a re-export', 'src/db/open.ts', "export { run } from '../jobs/worker.ts'", /later room/],
    ['a file in no room', 'src/utils.ts', '', /no room/],
    ['a barrel', 'src/jobs/index.ts', '', /barrel/],
    ['a module that passes on another', 'src/jobs/all.ts', "export * from './claim.ts'", /passes on/],
    ['the environment', 'src/llm/demo.ts', 'const key = process.env.KEY', /environment/],
    ["Bun's environment", 'src/llm/demo.ts', 'const key = Bun.env.KEY', /environment/],
    ['Elysia in a verb', 'src/projects/tasks.ts', "import { Elysia } from 'elysia'", /outside its home/],
    ['the database client', 'src/jobs/claim.ts', "import { createClient } from '@libsql/client'", /outside its home/],
    ['the driver', 'src/jobs/claim.ts', "import { drizzle } from 'drizzle-orm/libsql'", /outside its home/],
    ['a model SDK', 'src/agents/planner.ts', "import Anthropic from '@anthropic-ai/sdk'", /outside its home/],
    ['the scheduler', 'src/ops/health.ts', "import { Cron } from 'croner'", /outside its home/],
    ['templates', 'src/projects/pages.ts', "import { Eta } from 'eta'", /outside its home/],
    ['a highlighter', 'src/web/page.ts', "import { createHighlighter } from 'shiki'", /outside its home/],
    ['a zip', 'src/cli/make.ts', "import { zip } from 'fflate'", /outside its home/],
    ['a second SQLite, also in tests', 'tests/db/x.test.ts', `import { Database } from '${SQLITE}'`, /second SQLite/],
    ['a transaction', 'src/changes/apply.ts', 'await db.transaction(async (tx) => {})', /transaction/],
    ['a file of 401 lines', 'src/db/open.ts', 'x\n'.repeat(401), /401 lines/],
    ['an inline script', 'views/home.eta', '<script>go()</script>', /script without src/],
    ['an inline style', 'views/home.eta', '<p style="color:<%= it.c %>">', /style attribute/],
    ['an inline handler', 'views/home.eta', '<a onclick="go()">', /inline event handler/],
    ['hx-on', 'views/home.eta', '<a hx-on:click="go()">', /hx-on/],
    ['js:', 'views/home.eta', '<a hx-vals="js:{a: 1}">', /js:/],
  ]

  test.each(planted)('%s', (_what, path, text, said) => {
    expect(trespasses(new Map([[path, text]])).join('\n')).toMatch(said)
  })
})

describe('what is allowed is not reported:', () => {
  const allowed: Array<[string, string, string]> = [
    ['an import from an earlier room', 'src/jobs/claim.ts', "import { open } from '../db/open.ts'"],
    ['an import from the own room', 'src/jobs/claim.ts', "import { move } from './state.ts'"],
    ['Elysia in routes', 'src/projects/routes.ts', "import { Elysia } from 'elysia'"],
    ['the environment in main', 'src/main.ts', 'run(process.env)'],
    ['words in a comment', 'src/jobs/claim.ts', '/** Never process.env, nor db.transaction(). */\n// process.env'],
    ['a script with src', 'views/home.eta', '<script type="module" src="<%= it.asset %>"></script>'],
    ['code in a template', 'views/home.eta', '<% const style = 1; let on = 2 %><p class="style">'],
    ['a file of 400 lines', 'src/db/open.ts', 'x\n'.repeat(400)],
  ]

  test.each(allowed)('%s', (_what, path, text) => {
    expect(trespasses(new Map([[path, text]]))).toEqual([])
  })
})

test('each room is listed once', () => {
  expect(new Set(ROOMS).size).toBe(ROOMS.length)
})
