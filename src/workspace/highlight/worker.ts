/**
 * The Worker that colours: loading grammars and running their expressions takes up to seconds, and one that a hostile file
 * makes run for ever can be ended only from outside. It answers one request after another; an error ends it.
 */
import { type Coloured, type Colouring, openColouring } from './colour.ts'

export interface ColourRequest {
  id: number
  language: string
  lines: string[]
  ms: number
}

export interface ColourReply extends Coloured {
  id: number
}

declare const self: Worker

let colouring: Promise<Colouring> | undefined

self.onmessage = async ({ data: { id, language, lines, ms } }: MessageEvent<ColourRequest>) => {
  colouring ??= openColouring()
  const reply: ColourReply = { id, ...(await (await colouring).colour(language, lines, ms)) }
  self.postMessage(reply, [reply.numbers.buffer])
}
