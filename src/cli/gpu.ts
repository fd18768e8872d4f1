import { type Cli, USAGE } from './io.ts'

type Run = (args: string[], io: Cli) => Promise<number>

const PARTS: Record<string, { help: string; load: () => Promise<{ run: Run }> }> = {
  setup: {
    help: '[ENGINE] [--check] [--json]   make the Python environments of the engines that need one',
    load: () => import('./gpu/setup.ts'),
  },
  devices: {
    help: '[--json]   what pictures can be made on, how much is free, and what runs there',
    load: () => import('./gpu/devices.ts'),
  },
  forget: {
    help: '[MODEL]   forget what earlier renders took, of one model or of all',
    load: () => import('./gpu/forget.ts'),
  },
}

/** `hearth gpu …`: what has to do with engines and devices. */
export async function run([name = '', ...args]: string[], io: Cli): Promise<number> {
  const part = PARTS[name]
  if (part) return (await part.load()).run(args, io)
  io.err(usage())
  return USAGE
}

/** What each part takes, a line each. */
export function usage(): string {
  const lines = Object.entries(PARTS).map(([each, { help }]) => `hearth gpu ${each} ${help}`)
  return `usage: ${lines.join('\n       ')}`
}
