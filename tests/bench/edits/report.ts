import { applyEdits } from '../../../src/files/edits/apply.ts'
import { allCases, CLASSES, type EditCase } from '../../files/edits/cases.ts'
import { NAIVE, naively } from './naive.ts'

/** What became of cases. */
export interface Outcomes {
  appliedRight: number
  refusedRight: number
  /** Another text than the one that was meant, or any where none was certain. */
  appliedWrong: number
  refusedWrong: number
}

export interface Row extends Outcomes {
  name: string
  cases: number
}

type Outcome = keyof Outcomes
type Engine = (one: EditCase) => ReadonlyMap<string, string> | undefined

/** Hearth's engine by class of cases, and then all of them by engine. */
export function report(): { classes: Row[]; engines: Row[] } {
  const cases = allCases()
  const classes = CLASSES.map((kind) =>
    rowOf(
      kind,
      cases.filter((one) => one.class === kind),
      hearth,
    ),
  )
  const naive = NAIVE.map((strategy) =>
    rowOf(strategy.name, cases, ({ files, answer }) => naively(strategy, files, answer)),
  )
  return { classes: [...classes, rowOf('all', cases, hearth)], engines: [rowOf('Hearth', cases, hearth), ...naive] }
}

const hearth: Engine = ({ files, answer }) => {
  const applied = applyEdits(files, answer)
  return 'files' in applied ? applied.files : undefined
}

function rowOf(name: string, cases: EditCase[], engine: Engine): Row {
  const counts: Outcomes = { appliedRight: 0, refusedRight: 0, appliedWrong: 0, refusedWrong: 0 }
  for (const one of cases) counts[outcomeOf(one, engine(one))]++
  return { name, cases: cases.length, ...counts }
}

function outcomeOf({ expected }: EditCase, made: ReadonlyMap<string, string> | undefined): Outcome {
  if (made === undefined) return 'refused' in expected ? 'refusedRight' : 'refusedWrong'
  return 'files' in expected && Bun.deepEquals(made, expected.files) ? 'appliedRight' : 'appliedWrong'
}

/** The tables of docs/edits.md. */
export function reportInWords({ classes, engines }: ReturnType<typeof report>): string {
  return `${tableOf('class', classes)}\n\n${tableOf('how blocks are looked for', engines)}`
}

function tableOf(first: string, rows: Row[]): string {
  const head = [first, 'cases', 'applied right', 'refused right', 'applied wrong', 'refused wrong']
  const body = rows.map(({ name, cases, appliedRight, refusedRight, appliedWrong, refusedWrong }) => [
    name,
    ...[cases, appliedRight, refusedRight, appliedWrong, refusedWrong].map(String),
  ])
  return [head, ['---', ...head.slice(1).map(() => '---:')], ...body].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
