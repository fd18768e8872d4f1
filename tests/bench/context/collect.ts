// `bun tests/bench/context/collect.ts`: makes questions.json anew, by the rule of docs/benchmarks.md.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sectionsOf, sourceChanges } from './changelog.ts'
import { release } from './packages.ts'
import { changelogIn, questionOf, type Step } from './questions.ts'
import { REPOSITORIES, type Subject } from './repositories.ts'

const WANTED = 20
/** Changes that one release may have: releases of one change come first, each time the newest first. */
const MOST_CHANGES = 3

const chosen: Record<string, Step[]> = {}
for (const subject of REPOSITORIES) {
  chosen[subject.name] = await stepsOf(subject)
  console.log(`${subject.name}: ${chosen[subject.name]!.length}`)
}
writeFileSync(join(import.meta.dir, 'questions.json'), `${JSON.stringify(chosen, null, 2)}\n`)

async function stepsOf(subject: Subject): Promise<Step[]> {
  const sections = sectionsOf(changelogIn(await release(`${subject.name}@${subject.newest}`)))
  const versions = sections.map(({ version }) => version).sort(Bun.semver.order)
  const steps: Step[] = []
  for (let changes = 1; changes <= MOST_CHANGES; changes++) {
    const fitting = sections.filter((section) => sourceChanges(section).length === changes)
    for (const { version } of fitting.toSorted((a, b) => Bun.semver.order(b.version, a.version))) {
      const from = versions[versions.indexOf(version) - 1]
      if (steps.length === WANTED || !from || Bun.semver.order(version, subject.oldest) < 0) break
      if (await asks(subject, { from, to: version }, changes)) steps.push({ from, to: version })
    }
  }
  return steps
}

/** A release that was never published, or was taken back, asks nothing. */
async function asks(subject: Subject, step: Step, changes: number): Promise<boolean> {
  try {
    return (await questionOf(subject, step, changes)) !== undefined
  } catch (error) {
    console.error(String(error))
    return false
  }
}
