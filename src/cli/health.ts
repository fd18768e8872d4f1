import { readServer } from '../accounts/local.ts'
import { type Cli, takesNothing } from './io.ts'

const LIMIT_MS = 3_000

/** `hearth health`: 0 when the server of this data directory is ready, else 1, within 3 s. For a container's health check. */
export async function run(args: string[], io: Cli): Promise<number> {
  if (args.length > 0) return takesNothing('health', io)
  const facts = readServer(io.config.data)
  if (!facts) {
    io.err('No Hearth server runs on this data directory.')
    return 1
  }
  const reason = await whyNotReady(facts.url)
  if (reason === null) {
    io.out('ready')
    return 0
  }
  io.err(`not ready: ${reason}`)
  return 1
}

async function whyNotReady(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(LIMIT_MS) })
    if (response.ok) return null
    const state = (await response.json()) as { reason?: string }
    return state.reason ?? `status ${response.status}`
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? `no answer within ${LIMIT_MS / 1000} s` : 'no answer'
  }
}
