import { parseArgs } from 'node:util'
import { createToken } from '../accounts/tokens.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { ask, reach } from './reach.ts'

const HOW = 'usage: hearth token add NAME --account EMAIL [--scope read|write|admin] …'

interface Asked {
  name: string
  account: string
  scopes: string[] | undefined
}

/** `hearth token add NAME --account EMAIL [--scope S]`: prints the token alone, on one line. */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    io.out(await make(io, asked))
    return 0
  })
}

function make({ config }: Cli, asked: Asked): Promise<string> {
  return reach(config, {
    server: async (facts) => {
      const body = JSON.stringify(asked)
      return ((await ask(facts, '/api/tokens', { method: 'POST', body })) as { secret: string }).secret
    },
    database: async (deps) => (await createToken(deps, { ...asked, by: 'system' })).secret,
  })
}

function understood(args: string[]): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { account: { type: 'string' }, scope: { type: 'string', multiple: true } },
    })
    const [verb, name, ...rest] = positionals
    if (verb !== 'add' || !name || !values.account || rest.length > 0) return undefined
    return { name, account: values.account, scopes: values.scope?.flatMap((scope) => scope.split(',')) }
  } catch {
    return undefined // an option that doesn't exist: the usage line says which do
  }
}
