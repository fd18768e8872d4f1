import { openLearned } from '../../gpu/learned.ts'
import { forgetLearned } from '../../ops/devices/learned.ts'
import { plural } from '../../web/format.ts'
import { type Cli, saying, USAGE } from '../io.ts'
import { ask, reach } from '../reach.ts'

const HOW = 'usage: hearth gpu forget [MODEL]'

/** `hearth gpu forget`: what earlier renders took, of one model or of all, is learned anew. */
export async function run(args: string[], io: Cli): Promise<number> {
  const [model] = args
  if (args.length > 1 || model?.startsWith('-')) {
    io.err(HOW)
    return USAGE
  }
  return saying(io, async () => {
    const query = model === undefined ? '' : `?${new URLSearchParams({ model })}`
    const { forgotten } = await reach(io.config, {
      server: async (facts) =>
        (await ask(facts, `/api/gpu/learned${query}`, { method: 'DELETE' })) as { forgotten: number },
      database: async ({ db, now }) => forgetLearned({ db, learned: await openLearned({ db, now }) }, model),
    })
    const about = model === undefined ? '' : ` of ${model}`
    io.out(forgotten === 0 ? `Nothing was known${about}.` : `Forgot ${plural(forgotten, 'figure')}${about}.`)
    return 0
  })
}
