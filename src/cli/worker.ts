import { Invalid } from '../errors.ts'
import { runComfyWorker } from '../gpu/comfyui/worker.ts'
import { runSdCppWorker } from '../gpu/sd-cpp/worker.ts'
import { runSketchWorker } from '../gpu/sketch/worker.ts'

/** `hearth worker ENGINE [PROGRAM|URL] FOLDER`: the child process of one render. The server starts it; nobody else needs to. */
export async function run([engine, ...rest]: string[]): Promise<number> {
  const folder = rest.at(-1)
  if (engine === 'sketch' && folder) return runSketchWorker(folder)
  if (engine === 'sd-cpp' && folder && rest.length === 2) return runSdCppWorker(rest[0]!, folder)
  if (engine === 'comfyui' && folder && rest.length === 2) return runComfyWorker(rest[0]!, folder)
  throw new Invalid('bad_usage', 'hearth worker takes an engine and the folder of an attempt.')
}
