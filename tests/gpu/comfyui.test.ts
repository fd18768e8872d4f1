import { expect, test } from 'bun:test'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filled, inputsOf, workflowSchema } from '../../src/gpu/comfyui/workflow.ts'
import { openWorkflows } from '../../src/gpu/comfyui/workflows.ts'
import { sha256 } from '../../src/gpu/durable.ts'
import { writeSpec } from '../../src/gpu/folder.ts'
import { readLine, type WorkerLine, workerLine, workerResult } from '../../src/gpu/protocol.ts'
import { EXIT } from '../../src/gpu/wire.ts'
import { fakeComfyui } from '../support/comfyui.ts'
import { temporaryFolder } from '../support/database.ts'
import { until, writtenSpec } from '../support/gpu-attempts.ts'

const ROOT = join(import.meta.dir, '../..')
const PICTURE = join(ROOT, 'tests/fixtures/comfyui/picture.json')
const workflow = workflowSchema.parse(JSON.parse(readFileSync(PICTURE, 'utf8')))
const MODEL = { id: 'comfyui/picture', family: 'comfyui', format: 'workflow', path: PICTURE, sha256: 'a'.repeat(64) }

test('a workflow tells its inputs, with their types and what they usually are', () => {
  const told = inputsOf(workflow).map(({ name, type, node, usual }) => `${name}: ${type} at ${node} = ${usual}`)
  expect(told).toEqual([
    'prompt: text at 4 = a bakery',
    'negative: text at 5 = blurry',
    'width: integer at 6 = 512',
    'height: integer at 6 = 512',
    'seed: integer at 7 = 1',
    'steps: integer at 7 = 20',
    'guidance: number at 7 = 7.5',
    'strength: number at 7 = 1',
  ])
})

test('a node with a title of ours takes that input, whatever its class', () => {
  const more = {
    ...workflow,
    10: { class_type: 'PrimitiveString', inputs: { value: 'old' }, _meta: { title: 'hearth: prompt' } },
    11: { class_type: 'LoadImage', inputs: { image: 'x.png' }, _meta: { title: 'hearth: control' } },
    12: { class_type: 'LoadImage', inputs: { image: 'y.png' } },
  }
  const copy = filled(more, { prompt: 'new', control: 'c.png', init: 'i.png', seed: 5 })
  expect([copy[10]!.inputs.value, copy[11]!.inputs.image, copy[12]!.inputs.image]).toEqual(['new', 'c.png', 'i.png'])
  expect([copy[7]!.inputs.seed, copy[6]!.inputs.batch_size, copy[7]!.inputs.model]).toEqual([5, 1, ['1', 0]])
  expect(more[10].inputs.value).toBe('old')
})

test('workflows in the folder of models are models, each with what it can begin with', () => {
  using place = temporaryFolder()
  const workflows = openWorkflows(place.path)
  expect(workflows()).toEqual([])
  cpSync(PICTURE, join(place.path, 'picture.json'))
  writeFileSync(join(place.path, 'no-workflow.json'), '{"last_node_id": 9, "nodes": []}')
  const [model, ...others] = workflows()
  expect(others).toEqual([])
  expect(model!.profile).toMatchObject({ id: 'comfyui/picture', functions: ['image'], modes: ['text'], steps: 20 })
  expect(model!.sha256).toBe(sha256(readFileSync(PICTURE)))
})

/** The worker, as the server starts it, in a folder of its own. */
function runWorker(url: string, over: Parameters<typeof writtenSpec>[0] & object = {}) {
  const place = temporaryFolder()
  const folder = join(place.path, 'job-1', '1')
  mkdirSync(join(folder, 'in'), { recursive: true })
  writeFileSync(join(folder, 'in/init.png'), 'picture')
  writeSpec(folder, writtenSpec({ engine: 'comfyui', model: MODEL, previewMs: 1, ...over }))
  const command = [process.execPath, join(ROOT, 'src/main.ts'), 'worker', 'comfyui', url, folder]
  const child = Bun.spawn(command, { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore' })
  const lines = () => {
    const path = join(folder, 'events.ndjson')
    const said = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
    return said.map((text) => readLine(workerLine, text)).filter((line): line is WorkerLine => line !== null)
  }
  return { folder, child, lines, [Symbol.dispose]: () => place[Symbol.dispose]() }
}

test('a batch is one prompt for each picture, under names of ours, with steps, previews and files', async () => {
  await using comfy = fakeComfyui()
  using run = runWorker(comfy.url, { params: { count: 2, steps: 3 } })
  expect(await run.child.exited).toBe(EXIT.done)
  const result = readLine(workerResult, readFileSync(join(run.folder, 'result.json'), 'utf8'))!
  expect(result.outputs.map(({ seed, width, height }) => [seed, width, height])).toEqual([
    [7, 32, 16],
    [8, 32, 16],
  ])
  expect([result.params.program, result.params.workflow]).toEqual(['0.3.64', 'comfyui/picture'])
  expect(comfy.asked.prompts.map(({ id }) => id)).toEqual(['hearth-job-1-1-0', 'hearth-job-1-1-1'])
  expect(comfy.asked.prompts[1]!.workflow[7]!.inputs).toMatchObject({ seed: 8, steps: 3, cfg: 7 })
  const phases = run.lines().flatMap((line) => (line.type === 'phase' ? [line.phase] : []))
  expect(phases.join(' ')).toBe('fetch load encode denoise decode save load encode denoise decode save')
  const steps = run.lines().flatMap((line) => (line.type === 'progress' ? [line.step] : []))
  expect(steps).toEqual([1, 2, 3, 1, 2, 3])
  const previews = run.lines().flatMap((line) => (line.type === 'preview' ? [line.file] : []))
  expect(previews.length).toBeGreaterThan(1)
  expect(new Set(previews).size).toBe(previews.length)
})

test('pictures that it begins with are handed over under the names of their content', async () => {
  await using comfy = fakeComfyui()
  const init = { path: 'in/init.png', sha256: sha256(Buffer.from('picture')), mediaType: 'image/png' }
  using run = runWorker(comfy.url, { inputs: { init } })
  expect(await run.child.exited).toBe(EXIT.done)
  expect(comfy.asked.uploads).toEqual([`hearth-${init.sha256}.png`])
})

test.each([
  ['refused', EXIT.badSpec, 'bad_spec', 'node 1 (UNETLoader): Value not in list'],
  ['memory', EXIT.outOfMemory, 'out_of_memory', 'KSampler: Allocation on device failed'],
  ['forgets', 1, 'engine_lost', 'ComfyUI has forgotten the prompt'],
])('a prompt that fails by %s is told apart', async (fault, exit, code, says) => {
  await using comfy = fakeComfyui()
  using run = runWorker(comfy.url, { params: { prompt: `fails: ${fault}` } })
  expect(await run.child.exited).toBe(exit)
  const failed = run.lines().find((line) => line.type === 'failed')!
  expect(failed).toMatchObject({ code })
  expect(failed.message).toContain(says)
})

test('a socket that breaks loses nothing: what became of the prompt is asked for', async () => {
  await using comfy = fakeComfyui()
  using run = runWorker(comfy.url, { params: { prompt: 'fails: socket' } })
  expect(await run.child.exited).toBe(EXIT.done)
})

test('a cancel takes back our prompt, and interrupts no other', async () => {
  await using comfy = fakeComfyui()
  using run = runWorker(comfy.url, { params: { prompt: 'fails: hang' } })
  await until('a step', () => run.lines().some(({ type }) => type === 'progress'), 15_000)
  run.child.stdin.write('{"type":"cancel"}\n')
  run.child.stdin.flush()
  expect(await run.child.exited).toBe(EXIT.cancelled)
  expect(comfy.asked.interrupts).toEqual([{ prompt_id: 'hearth-job-1-1-0' }])
})

test('one that is not there is said to be away', async () => {
  using run = runWorker('http://127.0.0.1:9')
  expect(await run.child.exited).toBe(1)
  expect(run.lines().find(({ type }) => type === 'failed')).toMatchObject({ code: 'engine_away', retryable: true })
})

test('a file that is no workflow is said to be none', async () => {
  await using comfy = fakeComfyui()
  using run = runWorker(comfy.url, { model: { ...MODEL, path: join(ROOT, 'package.json') } })
  expect(await run.child.exited).toBe(EXIT.modelMissing)
})
