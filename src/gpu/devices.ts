import { cpus, freemem, totalmem } from 'node:os'

const QUERY = ['--query-gpu=index,uuid,name,memory.total,memory.used,memory.free', '--format=csv,noheader,nounits']
const TIME_LIMIT_MS = 3_000
const MIB = 1024 ** 2

export interface Device {
  /** The UUID of a GPU, or `cpu`. */
  id: string
  name: string
  kind: 'cpu' | 'gpu'
  totalBytes: number
  freeBytes: number
}

/** Runs the query and gives its output, or null when it is absent, fails or takes too long. */
export type Query = (signal?: AbortSignal) => Promise<string | null>

/** The GPUs of this machine as the driver's own tool reports them; without any, its CPU. */
export async function detectDevices(run: Query = nvidiaSmi(), signal?: AbortSignal): Promise<Device[]> {
  const output = await run(signal)
  const found = (output ?? '').split('\n').flatMap(parseLine)
  return found.length > 0 ? found : [cpuDevice()]
}

export function cpuDevice(): Device {
  const model = cpus()[0]?.model.trim()
  const name = model && model !== 'unknown' ? `CPU (${model})` : 'CPU'
  return { id: 'cpu', name, kind: 'cpu', totalBytes: totalmem(), freeBytes: freemem() }
}

/** Asks `command` in a short-lived child: the server itself never opens the driver. */
export function nvidiaSmi(command = 'nvidia-smi', limitMs = TIME_LIMIT_MS): Query {
  return async (signal) => {
    try {
      const limit = AbortSignal.timeout(limitMs)
      const child = Bun.spawn([command, ...QUERY], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'ignore',
        killSignal: 'SIGKILL',
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      })
      const stopped = new Promise<null>((resolve) => limit.addEventListener('abort', () => resolve(null)))
      const output = await Promise.race([new Response(child.stdout).text(), stopped])
      if (output === null) return null
      return (await child.exited) === 0 ? output : null
    } catch {
      return null // not installed: that is an answer
    }
  }
}

/** A MIG parent or a shared-memory chip reports `[N/A]`: what is left out is worked out, or the device is skipped. */
function parseLine(line: string): Device[] {
  const fields = line.split(',').map((field) => field.trim())
  if (fields.length !== 6 || !/^(GPU|MIG)-[\w-]+$/.test(fields[1]!)) return []
  const [total, used, free] = fields.slice(3).map(mebibytes)
  if (total === null || total === undefined) return []
  const freeBytes = free ?? (used === null ? 0 : total - (used ?? 0))
  return [{ id: fields[1]!, name: fields[2]!, kind: 'gpu', totalBytes: total, freeBytes: Math.max(0, freeBytes) }]
}

function mebibytes(field: string): number | null {
  return /^\d+$/.test(field) ? Number(field) * MIB : null
}
