// A server with a long queue; says so each time that all its places are taken. Killed from outside.
import { enqueue } from '../../../src/jobs/enqueue.ts'
import { benchApp, quiet } from '../engine.ts'

const PROJECTS = 100
const PEOPLE = 10
const PAGE = 500
const { data, jobs, atOnce } = JSON.parse(process.argv[2]!) as { data: string; jobs: number; atOnce: number }
const { app } = await benchApp({ handlers: [quiet], lanes: { quiet: atOnce }, data })
for (let i = 0; i < jobs; i += PAGE)
  await app.db.write(async (tx) => {
    for (let n = i; n < Math.min(jobs, i + PAGE); n++)
      await enqueue(app, tx, {
        kind: 'quiet',
        input: {},
        scope: `project-${n % PROJECTS}`,
        owner: `person:${n % PEOPLE}`,
      })
  })
let running = 0
app.hub.tap(({ type }) => {
  if (type === 'job.started' && ++running === atOnce) console.log(JSON.stringify({ running }))
})
app.listen()
await app.startWork()
