import { Sqlite3Client, Sqlite3Transaction } from '@libsql/client/sqlite3'

/** One call of the database client: what kind, and how many there have been so far, this one counted. */
export interface DatabaseCall {
  what: 'execute' | 'begin' | 'statement' | 'script' | 'commit'
  sql: string
  nth: number
}

export interface Listener {
  /** What it throws is what the call throws; the call is not made then. */
  before?(call: DatabaseCall): void
  after?(call: DatabaseCall): void
}

/** Hears every call of the database client in this process, and may make it fail. One at a time. */
export function hearDatabase(listener: Listener): Disposable {
  let nth = 0
  const undo: (() => void)[] = []
  // biome-ignore lint/suspicious/noExplicitAny: any method of the client's classes
  function wrap(target: any, method: string, what: DatabaseCall['what']): void {
    const real = target[method]
    target[method] = async function (this: unknown, ...args: unknown[]) {
      const call = { what, sql: sqlOf(args[0]), nth: ++nth }
      listener.before?.(call)
      const result = await real.apply(this, args)
      listener.after?.(call)
      return result
    }
    undo.push(() => {
      target[method] = real
    })
  }
  wrap(Sqlite3Client.prototype, 'execute', 'execute')
  wrap(Sqlite3Client.prototype, 'transaction', 'begin')
  wrap(Sqlite3Transaction.prototype, 'execute', 'statement')
  wrap(Sqlite3Transaction.prototype, 'executeMultiple', 'script')
  wrap(Sqlite3Transaction.prototype, 'commit', 'commit')
  return { [Symbol.dispose]: () => undo.forEach((each) => void each()) }
}

function sqlOf(statement: unknown): string {
  return typeof statement === 'string' ? statement : ((statement as { sql?: string } | undefined)?.sql ?? '')
}
