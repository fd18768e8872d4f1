/**
 * The Worker that parses: a grammar's fault, or a file that takes for ever, then stays out of the server's own thread.
 * It answers one request after another; an error that it does not catch ends it, and the other side starts a new one.
 */
import { Parser } from 'web-tree-sitter'
import { type PostgresParser, postgresParser, type Refusal } from '../validate/postgres.ts'
import { extract, type Reader, readerOf } from './extract.ts'
import type { Grammar } from './grammars.ts'
import { type Mistake, mistakesIn } from './mistakes.ts'
import type { Symbols } from './symbol.ts'

/** `engine`, `grammar` and `postgres` come with the first request that needs them. */
export interface ParseRequest {
  id: number
  task: 'symbols' | 'errors' | 'postgres'
  grammarName: string
  text: string
  ms: number
  engine?: Uint8Array<ArrayBuffer>
  grammar?: Grammar
  postgres?: Uint8Array<ArrayBuffer>
}

/** Without what was asked for the time was up. */
export interface ParseReply {
  id: number
  symbols?: Symbols | undefined
  errors?: Mistake[] | undefined
  sql?: { refusal: Refusal | undefined }
}

declare const self: Worker

const readers = new Map<string, Reader>()
let postgres: PostgresParser | undefined

self.onmessage = async ({ data }: MessageEvent<ParseRequest>) => {
  const { id, grammarName, engine, grammar } = data
  if (engine) await Parser.init({ wasmBinary: engine })
  if (grammar) readers.set(grammarName, await readerOf(grammar))
  if (data.postgres) postgres = await postgresParser(data.postgres)
  const reply: ParseReply = { id, ...answerTo(data) }
  self.postMessage(reply)
}

function answerTo({ task, grammarName, text, ms }: ParseRequest): Omit<ParseReply, 'id'> {
  if (task === 'postgres') return { sql: { refusal: postgres!(text) } }
  const reader = readers.get(grammarName)!
  return task === 'errors' ? { errors: mistakesIn(reader, text, ms) } : { symbols: extract(reader, text, ms) }
}
