import Database from 'libsql'

export type Value =
  | { type: 'null' }
  | { type: 'integer'; value: string }
  | { type: 'float'; value: number }
  | { type: 'text'; value: string }
  | { type: 'blob'; base64: string }

interface Stmt {
  sql?: string
  sql_id?: number
  args?: Value[]
  named_args?: { name: string; value: Value }[]
}

type Condition =
  | { type: 'ok' | 'error'; step: number }
  | { type: 'not'; cond: Condition }
  | { type: 'and' | 'or'; conds: Condition[] }

type Order =
  | { type: 'execute'; stmt: Stmt }
  | { type: 'batch'; batch: { steps: { condition?: Condition; stmt: Stmt }[] } }
  | { type: 'sequence'; sql?: string; sql_id?: number }
  | { type: 'store_sql'; sql_id: number; sql: string }
  | { type: 'close_sql'; sql_id: number }
  | { type: 'close' }

export interface PipelineRequest {
  baton?: string
  requests?: Order[]
}

interface Refusal {
  message: string
  code: string
}

export type Answer = { baton: string | null; base_url: null; results: unknown[] } | Refusal

interface Stream {
  id: number
  /** How many requests it has had: each answer names the next baton, and an old one is good for nothing. */
  turn: number
  connection: Database.Database
  sqls: Map<number, string>
  expiry: Timer
}

/**
 * Runs pipelines of statements, each stream on a connection of its own, all on one file. A stream that nobody uses keeps its
 * connection, and with it the lock of an open transaction, for `livesMs`.
 */
export function openStreams(file: string, livesMs: number) {
  const streams = new Map<number, Stream>()
  let last = 0
  new Database(file).exec('PRAGMA journal_mode = WAL')

  function open(): Stream {
    const connection = new Database(file)
    const stream = { id: ++last, turn: 0, connection, sqls: new Map(), expiry: setTimeout(() => {}, 0) }
    streams.set(stream.id, stream)
    return stream
  }

  function close(stream: Stream): void {
    clearTimeout(stream.expiry)
    streams.delete(stream.id)
    if (stream.connection.inTransaction) stream.connection.exec('ROLLBACK')
    stream.connection.close()
  }

  function found(baton: string): Stream | Refusal {
    const [id, turn] = baton.split('.').map(Number)
    const stream = streams.get(id!)
    if (!stream) return { message: 'The stream has expired', code: 'STREAM_EXPIRED' }
    if (stream.turn !== turn) return { message: 'The baton has been used', code: 'BATON_REUSED' }
    return stream
  }

  return {
    /** Closes all streams that somebody has left open. */
    expire: () => [...streams.values()].forEach(close),
    run({ baton, requests = [] }: PipelineRequest): Answer {
      const stream = baton === undefined ? open() : found(baton)
      if ('code' in stream) return stream
      stream.turn++
      clearTimeout(stream.expiry)
      const results = requests.map((request) => attempt(() => perform(stream, request)))
      if (requests.some(({ type }) => type === 'close')) {
        close(stream)
        return { baton: null, base_url: null, results }
      }
      stream.expiry = setTimeout(close, livesMs, stream)
      return { baton: `${stream.id}.${stream.turn}`, base_url: null, results }
    },
  }
}

function attempt(work: () => unknown) {
  try {
    return { type: 'ok', response: work() }
  } catch (error) {
    return { type: 'error', error: refusalOf(error) }
  }
}

function refusalOf(error: unknown): Refusal {
  const { message, code = 'SQLITE_UNKNOWN' } = error as Error & { code?: string }
  return { message, code }
}

function perform(stream: Stream, order: Order): unknown {
  const { type } = order
  if (type === 'execute') return { type, result: execute(stream, order.stmt) }
  if (type === 'batch') return { type, result: batch(stream, order.batch.steps) }
  if (type === 'sequence') stream.connection.exec(textOf(stream, order))
  if (type === 'store_sql') stream.sqls.set(order.sql_id, order.sql)
  if (type === 'close_sql') stream.sqls.delete(order.sql_id)
  return { type }
}

function textOf({ sqls }: Stream, { sql, sql_id }: Stmt): string {
  return sql ?? sqls.get(sql_id!)!
}

function execute(stream: Stream, stmt: Stmt) {
  const prepared = stream.connection.prepare(textOf(stream, stmt))
  prepared.safeIntegers(true)
  const args = boundTo(stmt)
  const cols = prepared.columns().map(({ name, type }) => ({ name, decltype: type }))
  if (cols.length > 0) {
    const rows = prepared.raw(true).all(args) as unknown[][]
    const values = rows.map((row) => Array.from(row, valueFrom))
    return { cols, rows: values, affected_row_count: 0, last_insert_rowid: null }
  }
  const { changes, lastInsertRowid } = prepared.run(args)
  return { cols, rows: [], affected_row_count: changes, last_insert_rowid: String(lastInsertRowid) }
}

function batch(stream: Stream, steps: { condition?: Condition; stmt: Stmt }[]) {
  const results: unknown[] = []
  const errors: unknown[] = []
  for (const { condition, stmt } of steps) {
    const isMet = !condition || meets(condition, results, errors)
    const outcome = isMet ? attempt(() => execute(stream, stmt)) : {}
    results.push('response' in outcome ? outcome.response : null)
    errors.push('error' in outcome ? outcome.error : null)
  }
  return { step_results: results, step_errors: errors }
}

function meets(condition: Condition, results: unknown[], errors: unknown[]): boolean {
  if (condition.type === 'ok') return results[condition.step] !== null
  if (condition.type === 'error') return errors[condition.step] !== null
  if (condition.type === 'not') return !meets(condition.cond, results, errors)
  if (!('conds' in condition)) throw new Error('no such condition')
  const met = condition.conds.map((each) => meets(each, results, errors))
  return condition.type === 'and' ? met.every(Boolean) : met.some(Boolean)
}

function boundTo({ args = [], named_args = [] }: Stmt): unknown {
  if (named_args.length > 0) return Object.fromEntries(named_args.map(({ name, value }) => [name, bound(value)]))
  return args.map(bound)
}

function bound(value: Value): unknown {
  if (value.type === 'integer') return BigInt(value.value)
  if (value.type === 'blob') return Buffer.from(value.base64, 'base64')
  return value.type === 'null' ? null : value.value
}

function valueFrom(value: unknown): Value {
  if (value === null || value === undefined) return { type: 'null' }
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) }
  if (typeof value === 'number') return { type: 'float', value }
  if (typeof value === 'string') return { type: 'text', value }
  return { type: 'blob', base64: Buffer.from(value as Uint8Array).toString('base64') }
}
