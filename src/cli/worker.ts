import { Invalid } from '../errors.ts'

/** What stands between the protocol and each engine that Hearth speaks for; loaded only where it is asked for, since each render starts anew. */
const WORKERS: Record<string, (folder: string, what: string[]) => Promise<number> | undefined> = {
  sketch: async (folder) => (await import('../gpu/sketch/worker.ts')).runSketchWorker(folder),
  'sd-cpp': async (folder, [program]) => (await import('../gpu/sd-cpp/worker.ts')).runSdCppWorker(program!, folder),
  comfyui: async (folder, [url]) => (await import('../gpu/comfyui/worker.ts')).runComfyWorker(url!, folder),
}

/** `hearth worker ENGINE [PROGRAM|URL] FOLDER`: the child process of one render. The server starts it; nobody else needs to. */
export async function run([engine = '', ...rest]: string[]): Promise<number> {
  const folder = rest.pop()
  const ended = folder && rest.length === (engine === 'sketch' ? 0 : 1) ? WORKERS[engine]?.(folder, rest) : undefined
  if (ended === undefined) throw new Invalid('bad_usage', 'hearth worker takes an engine and the folder of an attempt.')
  return ended
}
