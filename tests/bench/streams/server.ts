// The real server with projects that wait, and in the first of them jobs that talk; says where it is.
import { enqueue } from '../../../src/jobs/enqueue.ts'
import { createProject } from '../../../src/projects/projects.ts'
import { benchApp, talker } from '../engine.ts'

export interface ServerOptions {
  projects: number
  /** Running jobs of the first project, and the chunks of 500 bytes that each makes a second. */
  talking: number
  chunksPerSecond: number
}

const { projects, talking, chunksPerSecond } = JSON.parse(process.argv[2]!) as ServerOptions
const lanes = { plan: 0, talk: talking } // plans wait in the queue: their streams stay open and say no more than heartbeats
const { app } = await benchApp({ handlers: [talker(chunksPerSecond)], lanes })
const made = await Promise.all(
  Array.from({ length: projects }, (_, i) =>
    createProject(app, { brief: `project number ${i}`, model: 'demo', tier: 'low', autorun: true, by: 'system' }),
  ),
)
for (let i = 0; i < talking; i++)
  await app.db.write((tx) => enqueue(app, tx, { kind: 'talk', input: {}, scope: made[0]!.project.id }))
await app.startWork()
const { port } = app.listen()
console.log(
  JSON.stringify({
    port,
    secret: app.localSecret,
    paths: made.map(({ project }) => `/api/projects/${project.id}/events`),
  }),
)
