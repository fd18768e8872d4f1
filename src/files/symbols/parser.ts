/**
 * The Worker that parses: a grammar's fault, or a file that takes for ever, then stays out of the server's own thread.
 * It answers one request after another; an error that it does not catch ends it, and the other side starts a new one.
 */
import { Parser } from 'web-tree-sitter'
import { extract, type Reader, readerOf } from './extract.ts'
import type { Grammar } from './grammars.ts'
import type { Symbols } from './symbol.ts'

/** `engine` and `grammar` come with the first request that needs them. */
export interface ParseRequest {
  id: number
  grammarName: string
  text: string
  ms: number
  engine?: Uint8Array<ArrayBuffer>
  grammar?: Grammar
}

/** Without `symbols` the time was up. */
export interface ParseReply {
  id: number
  symbols?: Symbols
}

declare const self: Worker

const readers = new Map<string, Reader>()

self.onmessage = async ({ data }: MessageEvent<ParseRequest>) => {
  const { id, grammarName, text, ms, engine, grammar } = data
  if (engine) await Parser.init({ wasmBinary: engine })
  if (grammar) readers.set(grammarName, await readerOf(grammar))
  const reply: ParseReply = { id, symbols: extract(readers.get(grammarName)!, text, ms) }
  self.postMessage(reply)
}
