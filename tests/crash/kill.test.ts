import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoProject } from '../../src/llm/demo/project.ts'
import { shownText, type WireLine } from '../support/client.ts'
import { expectWhole, goneAfter, jobOf, rendererOf, type Studio, studio } from './studio.ts'

const BRIEF = 'a landing page for a bakery called Crumb with one picture'
const PROGRAM = 'a command line program that renames photos'
/** The settings that a person has who sets none. */
const BYTES_PER_SECOND = 4_096
const FLUSH_S = 2
/** What may be cut from a draft so that another answer can be joined to it: lines back to one that is unmistakable. */
const JOINT_BYTES = 400
const RENDERER_GONE_MS = 2_000
const STOPPED_MS = 5_000
const TEST_MS = 30_000

test(
  'killed while it plans, the server plans again and ends complete',
  async () => {
    await using one = await studio(PROGRAM, { HEARTH_DEMO_BYTES_PER_SECOND: '4096' })
    await one.now().until((line) => line.kind === 'plan' && line.bytes >= 1_000, 'a half plan')
    await one.kill()
    expect(ofType(one, 'plan.proposed')).toEqual([])
    figure('restart to running, plan', await one.start())
    await one.done()
    expect(ofType(one, 'plan.proposed')).toHaveLength(1)
    await expectWhole(one, PROGRAM)
  },
  TEST_MS,
)

test(
  'killed while it writes, the server goes on from the draft: 2 s of text at most is made again',
  async () => {
    await using one = await studio(BRIEF, { HEARTH_SKETCH_STEP_MS: '200' })
    await one.now().until((line) => line.type === 'file.written' && line.path === 'script.js', 'the first file')
    const styles = jobOf(one, 'styles.css')
    const finished = jobOf(one, 'script.js')
    await one.now().until((line) => line.job === styles && line.bytes >= 9_500, 'a half file')
    await one.kill()
    const seen = shownText(one.lines, styles)

    figure('restart to running, write', await one.start())
    await one.done()
    const again = one.now().lines.filter(({ job }) => job === styles)
    const [first] = again.filter(({ type }) => type === 'state' || type === 'delta')
    expect(first).toMatchObject({ type: 'state', attempt: 2 })
    expect(seen).toStartWith(first!.text)
    expect(Buffer.byteLength(first!.text)).toBeGreaterThan(
      Buffer.byteLength(seen) - FLUSH_S * BYTES_PER_SECOND - JOINT_BYTES,
    )
    figure('bytes of text made again', Buffer.byteLength(seen) - Buffer.byteLength(first!.text))
    expect(shownText(again, styles).trimEnd()).toBe(demoProject(BRIEF).file('styles.css')!.trimEnd())
    expect(one.now().lines.filter(({ job }) => job === finished)).toEqual([])
    await expectWhole(one, BRIEF)
  },
  TEST_MS,
)

test(
  'killed while it renders, the server leaves no child behind and goes on from the checkpoint',
  async () => {
    await using one = await studio(BRIEF, { HEARTH_DEMO_BYTES_PER_SECOND: '200000', HEARTH_SKETCH_STEP_MS: '150' })
    await one.now().until(({ type, step }) => type === 'progress' && step === 7, 'step 7')
    const job = renderOf(one)
    const renderer = rendererOf(one.data, job, 1)
    await one.kill()
    const gone = await goneAfter(renderer)
    figure('renderer gone after, ms', gone)
    expect(gone).toBeLessThan(RENDERER_GONE_MS)

    figure('restart to running, render', await one.start({ HEARTH_SKETCH_STEP_MS: '50' }))
    await one.now().until((line) => line.type === 'progress' && line.job === job, 'the next step')
    const from = checkpointOf(one, job, 2)
    expect(from).toBeGreaterThanOrEqual(6)
    expect(stepsOf(one, job, 2)[0]).toBe(from + 1)
    await one.done()
    await expectWhole(one, BRIEF)
  },
  TEST_MS,
)

test(
  'killed three times in one project, the server still ends it complete',
  async () => {
    const slow = {
      HEARTH_DEMO_BYTES_PER_SECOND: '8000',
      HEARTH_SKETCH_STEP_MS: '150',
      HEARTH_FLUSH_MS: '300',
    }
    await using one = await studio(BRIEF, slow)
    await one.now().until((line) => line.kind === 'plan' && line.bytes >= 1_500, 'a half plan')
    await one.kill()
    await one.start(slow)
    await one
      .now()
      .until((line) => line.type === 'progress' && line.kind === 'write' && line.bytes >= 5_000, 'a half file')
    await one.kill()
    await one.start(slow)
    await one.now().until(({ type, step }) => type === 'progress' && step >= 10, 'step 10')
    const renderer = rendererOf(one.data, renderOf(one), Math.max(...attemptsOf(one, renderOf(one))))
    await one.kill()
    expect(await goneAfter(renderer)).toBeLessThan(RENDERER_GONE_MS)
    await one.start()
    await one.done()
    await expectWhole(one, BRIEF)
  },
  TEST_MS,
)

test(
  'asked to stop by SIGTERM, the server says so on its streams, gives its work back uncounted and exits with 0',
  async () => {
    await using one = await studio(BRIEF, { HEARTH_SKETCH_STEP_MS: '200' })
    await one.now().until(({ type, step }) => type === 'progress' && step === 4, 'step 4')
    await one.now().until((line) => line.type === 'progress' && line.kind === 'write', 'a file begun')
    const renderer = rendererOf(one.data, renderOf(one), 1)
    const { pid } = one.server()
    const asked = performance.now()
    expect(await one.server().stop()).toBe(0)
    const took = Math.round(performance.now() - asked)
    figure('SIGTERM to exit, ms', took)
    expect(took).toBeLessThan(STOPPED_MS)
    expect(await goneAfter(renderer)).toBeLessThan(50)
    expect(await goneAfter(pid)).toBeLessThan(50)

    await one.now().over
    expect(one.now().lines.at(-1)).toMatchObject({ type: 'end', reason: 'shutdown' })
    const givenBack = ofType(one, 'job.queued').filter(({ reason }) => reason === 'server_stopped')
    expect(givenBack.map(({ job }) => job)).toContain(renderOf(one)) // its steps are slow; a file may have ended before the signal came
    await one.kill() // it has gone: this only keeps what the reader had
    await one.start()
    await one.done()
    for (const { job } of givenBack) {
      const { attempts, job: row } = await one.client().json(`/api/jobs/${job}`)
      expect(attempts.map(({ outcome }: WireLine) => outcome)).toEqual(['lost', 'succeeded'])
      expect(row).toMatchObject({ failures: 0, crashes: 0 })
    }
    await expectWhole(one, BRIEF)
  },
  TEST_MS,
)

function ofType({ lines }: Studio, type: string): WireLine[] {
  return lines.filter((line) => line.type === type)
}

/** The job that makes the one picture. */
function renderOf({ lines }: Studio): string {
  return lines.find(({ type, kind }) => type === 'job.queued' && kind === 'render')!.job!
}

/** The steps that an attempt has done, by its own account. */
function stepsOf({ data }: Studio, job: string, attempt: number): number[] {
  const text = readFileSync(join(data, 'attempts', job, String(attempt), 'events.ndjson'), 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .flatMap(({ type, step }) => (type === 'progress' ? [step] : []))
}

function attemptsOf({ lines }: Studio, job: string): number[] {
  return lines.flatMap((line) => (line.job === job && line.type === 'job.started' ? [line.attempt!] : []))
}

/** The step of the checkpoint that an attempt was given. */
function checkpointOf({ data }: Studio, job: string, attempt: number): number {
  const spec = JSON.parse(readFileSync(join(data, 'attempts', job, String(attempt), 'spec.json'), 'utf8'))
  return Number(/(\d+)\.bin$/.exec(spec.resumeFrom)?.[1])
}

/** Said only when somebody asks for the figures. */
function figure(what: string, value: number): void {
  if (process.env.SHOW_FIGURES) console.log(`${what}: ${value}`)
}
