// The real worker; but on the device that the arguments name it dies at once, as long as the file that they name is there.
import { existsSync } from 'node:fs'
import { readSpec } from '../../src/gpu/folder.ts'
import { runSketchWorker } from '../../src/gpu/sketch/worker.ts'

const [device, broken, folder] = process.argv.slice(-3)
if (readSpec(folder!)!.device.id === device && existsSync(broken!)) process.exit(1)
process.exit(await runSketchWorker(folder!))
