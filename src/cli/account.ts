import { parseArgs } from 'node:util'
import { type Account, addAccount } from '../accounts/accounts.ts'
import { newPassword } from '../accounts/secrets.ts'
import { type Cli, saying, USAGE } from './io.ts'
import { ask, reach } from './reach.ts'

const HOW = 'usage: hearth account add EMAIL [--role owner|member|viewer]   (the password comes from standard input)'

/** `hearth account add EMAIL [--role ROLE]` */
export async function run(args: string[], io: Cli): Promise<number> {
  const asked = understood(args)
  if (!asked) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const given = io.isTty ? '' : (await io.stdin()).replace(/\r?\n$/, '')
    const password = given || newPassword()
    const account = await add(io, { ...asked, password })
    io.out(`Added ${account.email} as ${account.role}.`)
    if (!given) io.out(`Password (shown this once): ${password}`)
    return 0
  })
}

function add({ config }: Cli, asked: { email: string; role: string | undefined; password: string }): Promise<Account> {
  return reach(config, {
    server: async (facts) => {
      const body = JSON.stringify(asked)
      return ((await ask(facts, '/api/accounts', { method: 'POST', body })) as { account: Account }).account
    },
    database: (deps) => addAccount(deps, { ...asked, by: 'system' }),
  })
}

function understood(args: string[]): { email: string; role: string | undefined } | undefined {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { role: { type: 'string' } } })
    const [verb, email, ...rest] = positionals
    return verb === 'add' && email && rest.length === 0 ? { email, role: values.role } : undefined
  } catch {
    return undefined // an option that doesn't exist: the usage line says which do
  }
}
