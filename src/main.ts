import { allSaid, main } from './cli/main.ts'

const code = await main(process.argv.slice(2), process.env)
await allSaid() // an exit would take with it what the reader of a pipe has not read yet
process.exit(code)
