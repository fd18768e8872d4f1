import type { ExchangeView } from '../../../src/agents/conversation/view.ts'
import { type TestApp, type TestAppOptions, testApp } from '../../support/app.ts'
import { type Answer, planOf, type ScriptedModel, scriptedModel } from '../../support/scripted-model.ts'

export const PAGE = '<!doctype html>\n<title>Crumb</title>\n<h1>Crumb</h1>\n<p>Open from 7.</p>\n'
const PATIENCE_MS = 45_000
const LOOK_MS = 20
const PLAN = planOf([
  { id: 'pages', kind: 'note', title: 'Pages', prompt: null },
  { id: 'home', title: 'Front page', path: 'index.html', parent: 'pages' },
  { id: 'data', title: 'Opening hours', path: 'hours.json', parent: 'pages' },
])
const FILES = { 'index.html': [PAGE], 'hours.json': ['{ "monday": "7-18" }\n'] }

/** A finished project with a front page and a JSON file, and a model that talks by a script. */
export interface House extends TestApp {
  model: ScriptedModel
  /** The model's answers, to which more may be added. */
  script: Answer[]
  project: string
  /** Says something, which must be taken. */
  say(text: string): Promise<{ message: { id: string }; job: { id: string } | null }>
  exchanges(): Promise<ExchangeView[]>
  /** Waits until the newest answer is in this state. */
  until(state: ExchangeView['state']): Promise<ExchangeView>
  file(path: string): Promise<string>
  /** What the model was given as results in its nth question of the conversation. */
  results(question: number): { content: string; failed?: boolean }[]
  taskId(title: string): Promise<string>
}

/** `check` is what a model says that reads the whole project: without it the model is a demo, which does not read. */
type HouseOptions = TestAppOptions & { summarise?: Answer[]; check?: Answer[] }

export async function house(chat: Answer[], options: HouseOptions = {}): Promise<House> {
  const { summarise = [], check, ...rest } = options
  const model = scriptedModel({ plan: [PLAN], files: FILES, chat, summarise, check, demo: check === undefined })
  const app = await testApp({ providers: [model], ...rest })
  const { project } = await app.make('a page for a bakery')
  const status = await app.settled(project.id)
  if (status !== 'done') throw new Error(`the project is ${status}`)
  return open(app, model, project.id, chat)
}

export function open(app: TestApp, model: ScriptedModel, project: string, script: Answer[] = []): House {
  const exchanges = async () => (await app.json(`/api/projects/${project}/messages`)).items as ExchangeView[]
  return {
    ...app,
    model,
    script,
    project,
    exchanges,
    async say(text) {
      const response = await app.post(`/api/projects/${project}/messages`, { text })
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
      return response.json() as ReturnType<House['say']>
    },
    async until(state) {
      const late = Date.now() + PATIENCE_MS
      for (;;) {
        const last = (await exchanges()).at(-1)
        if (last?.state === state) return last
        if (Date.now() > late) throw new Error(`never ${state}: ${JSON.stringify(last)}`)
        await Bun.sleep(LOOK_MS)
      }
    },
    file: async (path) => (await app.request(`/api/projects/${project}/files/${path}`)).text(),
    results(question) {
      const asked = model.asked.filter(({ task }) => task.kind === 'chat')[question - 1]!
      const last = asked.messages.at(-1)!
      if (last.role !== 'tool') throw new Error(`question ${question} ends with ${last.role}`)
      return last.results
    },
    async taskId(title) {
      const { tasks } = await app.json(`/api/projects/${project}`)
      return tasks.find((task: { title: string }) => task.title === title).id
    },
  }
}
