import { runSketchWorker } from '../../src/gpu/sketch/worker.ts'

process.exit(await runSketchWorker(Bun.argv.at(-1)!))
