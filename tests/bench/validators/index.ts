import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/clock.ts'
import { EXACT_LANGUAGES } from '../../../src/files/validate/validate.ts'
import { openCompilers } from '../../../src/sandbox/compilers.ts'
import { openSandbox } from '../../../src/sandbox/sandbox.ts'
import { TOOLCHAINS } from '../../../src/sandbox/toolchains.ts'
import type { Benchmark, Result } from '../result.ts'
import { corpusIn } from './corpus.ts'
import { fetchSources } from './fetch.ts'
import { type Measured, measure } from './measure.ts'

/** Where the packages lie: some 1.5 GB. */
const FOLDER = process.env.HEARTH_CORPUS ?? join(import.meta.dir, '../../../dist/corpus')

/**
 * False alarms and misses of the validators, on files of published packages. It downloads them when first run, so that it only runs
 * when it is named. Toolchains outside of /usr are found by HEARTH_SANDBOX_READ, as the server finds them;
 * HEARTH_LANGUAGES names some languages alone.
 */
export const validators: Benchmark = {
  name: 'validators',
  named: true,
  run: async () => {
    mkdirSync(FOLDER, { recursive: true })
    await fetchSources(FOLDER)
    const readable = (process.env.HEARTH_SANDBOX_READ ?? '').split(':').filter(Boolean)
    const sandbox = openSandbox({ clock: systemClock, data: join(FOLDER, '.none'), readable })
    const compilers = openCompilers({ sandbox, now: Date.now })
    const only = process.env.HEARTH_LANGUAGES?.split(',')
    const languages = new Set(only ?? [...EXACT_LANGUAGES, ...Object.keys(TOOLCHAINS), 'markdown'])
    const all: Measured[] = []
    for (const [language, samples] of [...corpusIn(FOLDER)].filter(([name]) => languages.has(name)).sort()) {
      if (samples.length === 0) continue
      all.push(await measure(compilers, language, samples))
      console.error(row(all.at(-1)!))
    }
    writeFileSync(join(FOLDER, 'alarms.txt'), `${all.flatMap(alarms).join('\n')}\n`)
    return all.map(result)
  },
}

function alarms({ language, falseAlarms, falseAdvice }: Measured): string[] {
  return [
    ...falseAlarms.map((alarm) => `${language} ALARM ${alarm}`),
    ...falseAdvice.map((alarm) => `${language} advice ${alarm}`),
  ]
}

/** A row of the table in docs/validators.md. */
function row({ language, files, by, falseAlarms, falseAdvice, byLine, byByte }: Measured): string {
  const percent = (kind: 'refused' | 'advised', cuts: Measured['byLine']) =>
    cuts.files === 0 ? '' : `${Math.round((100 * cuts[kind]) / cuts.files)} %`
  const cells = [
    language,
    files,
    by,
    falseAlarms.length,
    falseAdvice.length,
    percent('refused', byLine),
    percent('refused', byByte),
    percent('advised', byLine),
    percent('advised', byByte),
  ]
  return `| ${cells.join(' | ')} |`
}

function result({ language, files, falseAlarms, byLine, byByte, falseAdvice }: Measured): Result {
  return {
    name: `validators-${language}`,
    what: `false alarms on ${files} valid files`,
    aim: '0',
    value: falseAlarms.length,
    unit: 'files',
    met: falseAlarms.length === 0,
    runs: [falseAlarms.length],
    also: { falseAdvice: falseAdvice.length, cutByLine: byLine.refused, cutByByte: byByte.refused },
  }
}
