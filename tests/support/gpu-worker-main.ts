import { runSketchWorker } from '../../src/gpu/worker.ts'

process.exit(await runSketchWorker(Bun.argv.at(-1)!))
