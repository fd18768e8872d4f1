import { createInterface } from 'node:readline'
import { createClient, type Transaction } from '@libsql/client'

/** A second process that has the database file open with the bare client, as a stranger would. */
export interface SecondProcess extends AsyncDisposable {
  /** Takes and holds the write lock. */
  lock(): Promise<Answer>
  unlock(): Promise<Answer>
  run(sql: string): Promise<Answer>
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
}

export type Answer = { rows: unknown[][] } | { error: string }

type Command = { do: 'lock' | 'unlock' } | { do: 'run'; sql: string }

export function secondProcess(path: string): SecondProcess {
  const child = Bun.spawn([process.execPath, import.meta.path, path], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const answers = lines(child.stdout)
  const ask = async (command: Command): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(command)}\n`)
    child.stdin.flush()
    return JSON.parse((await answers.next()).value ?? '{"error":"the process has gone"}')
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  return {
    lock: () => ask({ do: 'lock' }),
    unlock: () => ask({ do: 'unlock' }),
    run: (sql) => ask({ do: 'run', sql }),
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** What a child writes, line by line. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop()!
    yield* parts
  }
}

if (import.meta.main) await obey(process.argv[2]!)

async function obey(path: string): Promise<void> {
  const client = createClient({ url: `file:${path}`, concurrency: 1 })
  let held: Transaction | undefined
  const carryOut = async (command: Command): Promise<unknown[][]> => {
    if (command.do === 'run') return (await client.execute(command.sql)).rows.map((row) => Array.from(row))
    if (command.do === 'lock') held = await client.transaction('write')
    else await held?.rollback()
    return []
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await carryOut(JSON.parse(line)).then(
      (rows) => ({ rows }),
      (error) => ({ error: String(error.code ?? error.message) }),
    )
    console.log(JSON.stringify(answer))
  }
}
