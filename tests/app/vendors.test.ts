import { expect, test } from 'bun:test'
import { isFileTask, type Provider } from '../../src/llm/provider.ts'
import { leapingApp, type TestApp } from '../support/app.ts'
import { sha256, textsIn } from '../support/blobs.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'
import { FILE, fileAnswer } from '../vendors/acts.ts'
import { MISBEHAVIOURS, type MisbehaviourName, misbehaves, says } from '../vendors/misbehaviours.ts'
import { KEY, VENDORS, type VendorName, wordsOf } from '../vendors/stack.ts'
import { cellOf } from '../vendors/table.ts'
import { type Script, vendorServer } from '../vendors/wire.ts'

/** One of each kind that needs no long silence: what a vendor does with the one file of a project. */
const PLAYED = [
  'closes in the middle, as if done',
  'sends a broken frame',
  'reports an error in the stream',
  'cuts at the output limit',
  'refuses',
  'answers 401',
  'answers 429 with Retry-After',
  'redirects elsewhere',
  'sends 10 MB of one line',
] as const satisfies MisbehaviourName[]

/** What a project's log tells of what was done about it. */
const EVENTS: Record<string, string> = { 'asked again': 'model.retrying', continued: 'model.continued' }

/** Failures of one answer, after which another model of the same vendor goes on; and the vendors that have one by default. */
const STOOD_IN_FOR = new Set(['model_answer_too_long'])
const WITH_SECOND = new Set<VendorName>(['anthropic', 'openai', 'google'])

/** One for each protocol. */
const VENDORS_PLAYED = ['anthropic', 'openai', 'google', 'ollama'] as const

test.each(VENDORS_PLAYED)(
  'whatever %s does to a file, the project has it whole or not at all, and its log says what happened',
  async (vendor) => {
    const { wire, open } = VENDORS[vendor]
    await using server = vendorServer(wire, misbehavesOnce())
    await using app = await leapingApp({ providers: [withPlanner(open(server.url))] })
    await Promise.all(PLAYED.map((name) => play(app, vendor, name)))
  },
  60_000,
)

async function play(app: TestApp, vendor: VendorName, name: MisbehaviourName): Promise<void> {
  const [of] = cellOf(name, vendor)
  const isTakenOver = STOOD_IN_FOR.has(of) && WITH_SECOND.has(vendor)
  const isWhole = isTakenOver || !of.includes('_')
  const { project } = await app.make(name)
  expect([name, await app.settled(project.id)]).toEqual([name, isWhole ? 'done' : 'failed'])

  const { files, tasks } = await app.json(`/api/projects/${project.id}`)
  expect(files.map(({ path }: { path: string }) => path)).toEqual(isWhole ? ['main.js'] : [])
  if (isWhole) expect(await (await app.request(`/api/projects/${project.id}/files/main.js`)).text()).toBe(FILE)
  expect((await textsIn(app.app.db)).filter((hash) => hash !== sha256(FILE))).toEqual([])

  const log = await (await app.request(`/api/projects/${project.id}/events?follow=false`)).text()
  expect([name, log.includes('"model.switched"')]).toEqual([name, isTakenOver])
  if (EVENTS[of]) expect(log).toContain(`"${EVENTS[of]}"`)
  expect(log).not.toContain(KEY)
  if (isWhole) return
  const { job } = await app.json(`/api/jobs/${tasks[0].job}`)
  expect(job).toMatchObject({ state: 'failed', error: { code: of } })
}

/** A server that does to the first question for a file what its task says, and answers well after that. */
function misbehavesOnce(): Script {
  const done = new Set<string>()
  return (reply, request) => {
    const words = wordsOf(request)
    const name = PLAYED.find((each) => words.includes(`Task: ${each}.`))!
    const text = fileAnswer(request)
    if (done.has(name)) return says(text)(reply, request)
    done.add(name)
    return misbehaves(MISBEHAVIOURS[name], { text, elsewhere: 'http://127.0.0.1:9/' })(reply, request)
  }
}

/** The vendor for files; a script plans what the brief names, and checks. */
function withPlanner(vendor: Provider): Provider {
  const planners = new Map<string, Provider>()
  const plannerOf = (brief: string) => {
    const plan = [planOf([{ id: 'main', path: 'main.js', prompt: `Task: ${brief}.` }])]
    const planner = planners.get(brief) ?? scriptedModel({ plan })
    planners.set(brief, planner)
    return planner
  }
  return {
    ...vendor,
    stream: (request, signal) =>
      (isFileTask(request.task) ? vendor : plannerOf(request.task.brief)).stream(request, signal),
  }
}
