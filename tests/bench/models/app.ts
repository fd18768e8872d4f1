// The real server with a project in which a job asks a model each time that it is told to; says where it is.
import { enqueue } from '../../../src/jobs/enqueue.ts'
import type { Handler } from '../../../src/jobs/handler.ts'
import { writeFile } from '../../../src/llm/write-file.ts'
import { createProject } from '../../../src/projects/projects.ts'
import { quiet } from '../engine.ts'
import { openModels, question } from './models.ts'

const { url } = JSON.parse(process.argv[2]!) as { url: string }
const say: Handler = {
  kind: 'say',
  lane: 'say',
  async run(ctx) {
    await writeFile(models, question(), { onText: ctx.delta, onRestart: ctx.replaceText }, ctx.signal)
    return { result: {} }
  },
}
const models = await openModels(url, { handlers: [say, quiet], lanes: { plan: 0, say: 1, quiet: 1 } })
const { project } = await createProject(models, { brief: 'x', model: 'demo', tier: 'low', autorun: true, by: 'system' })
await models.db.write((tx) => enqueue(models, tx, { kind: 'quiet', input: {}, scope: project.id })) // keeps the streams open
await models.startWork()
const { port } = models.listen()
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, secret: models.localSecret, project: project.id }))
for await (const _ of console)
  await models.db.write((tx) => enqueue(models, tx, { kind: 'say', input: {}, scope: project.id }))
