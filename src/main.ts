import { allSaid } from './cli/all-said.ts'

/** A renderer starts for each picture: it loads nothing of Hearth but itself. */
async function run([name, ...args]: string[]): Promise<number> {
  if (name === 'worker') return (await import('./cli/worker.ts')).run(args)
  return (await import('./cli/main.ts')).main(name === undefined ? [] : [name, ...args], process.env)
}

const code = await run(process.argv.slice(2))
await allSaid() // an exit would take with it what the reader of a pipe has not read yet
process.exit(code)
