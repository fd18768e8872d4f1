import { Invalid } from '../errors.ts'
import { runSketchWorker } from '../gpu/sketch/worker.ts'

/** `hearth worker sketch FOLDER`: the child process of one render. The server starts it; nobody else needs to. */
export async function run([engine, folder]: string[]): Promise<number> {
  if (engine !== 'sketch' || !folder)
    throw new Invalid('bad_usage', 'hearth worker takes an engine and the folder of an attempt.')
  return runSketchWorker(folder)
}
