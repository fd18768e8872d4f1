import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Case } from '../../files/scan/corpus.ts'
import { temporaryFolder } from '../../support/database.ts'

/** Programs that look for the same, over the part of the corpus that they are made for, where they are on the PATH. */
const PROGRAMS = [
  {
    name: 'secretlint',
    of: ({ subject }: Case) => subject === 'secrets',
    command: ['secretlint', '--format', 'unix', '--no-color', '**/*', '**/.*'],
    setup: { '.secretlintrc.json': '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}' },
  },
  {
    name: 'bandit',
    of: ({ path, subject }: Case) => path.endsWith('.py') && subject !== 'secrets',
    command: ['bandit', '-q', '-r', '-ll', '-f', 'custom', '--msg-template', '{abspath}:{line}', '.'],
    setup: {},
  },
] as const

/** A row for each program that is installed: how many bad files it says something of, and how many good ones. */
export async function others(cases: Case[]): Promise<string> {
  const rows = await Promise.all(
    PROGRAMS.filter(({ name }) => Bun.which(name)).map((program) => rowOf(program, cases.filter(program.of))),
  )
  return ['| program | found | false alarms |', '|---|---|---|', ...rows].join('\n')
}

async function rowOf({ name, command, setup }: (typeof PROGRAMS)[number], cases: Case[]): Promise<string> {
  using folder = temporaryFolder()
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
  for (const [path, text] of Object.entries(setup)) put(path, text)
  for (const [i, { path, text }] of cases.entries()) put(`case-${i}-/${path}`, text)
  const run = Bun.spawn([...command], { cwd: folder.path, stdout: 'pipe', stderr: 'pipe' })
  const said = `${await new Response(run.stdout).text()}${await new Response(run.stderr).text()}`
  const named = (wanted: boolean) => {
    const some = cases.flatMap(({ isBad }, i) => (isBad === wanted ? [`case-${i}-/`] : []))
    return `${some.filter((place) => said.includes(place)).length} of ${some.length}`
  }
  return `| ${name} | ${named(true)} | ${named(false)} |`
}
