import { pieces } from './misbehaviours.ts'
import type { Reply, Script, WireRequest } from './wire.ts'

const STEP_MS = 20
/** What a question for JSON wants, told by a word of its shape, and an answer that asks for no more work. */
const EMPTY: [word: string, answer: object][] = [
  ['findings', { findings: [] }],
  ['changes', { changes: [] }],
]

export interface SlowWriter {
  script: Script
  /** Bytes of text that were sent of the file: what its owner pays for. */
  readonly sent: number
  /** Requests for the file. */
  readonly asked: number
}

/**
 * A model of any protocol that plans one file and writes it at a steady pace; who asks it to go on gets the rest at once, from the line that was asked for.
 */
export function slowWriter({
  path,
  file,
  bytesPerSecond,
}: {
  path: string
  file: string
  bytesPerSecond: number
}): SlowWriter {
  let sent = 0
  let asked = 0
  const say = (reply: Reply, text: string) => {
    sent += Buffer.byteLength(text)
    reply.text(text)
  }
  return {
    get sent() {
      return sent
    },
    get asked() {
      return asked
    },
    script(reply, request) {
      const sentinel = /<<<END hearth:[\w-]+>>>/.exec(JSON.stringify(request.body))?.[0]
      if (!sentinel) return answer(reply, request, path)
      asked++
      const before = textSoFar(request)
      if (before === undefined) return trickle(reply, `${file}${sentinel}\n`, bytesPerSecond, say)
      const at = file.indexOf(before) + before.lastIndexOf('\n') + 1
      for (const piece of pieces(file.slice(at), 1_000)) say(reply, piece)
      reply.text(`${sentinel}\n`)
      reply.finish()
    },
  }
}

async function trickle(reply: Reply, text: string, bytesPerSecond: number, say: (reply: Reply, text: string) => void) {
  let at = 0
  let gone = false
  void reply.gone.then(() => {
    gone = true
  })
  const began = performance.now()
  while (!gone && at < text.length) {
    const due = Math.floor(((performance.now() - began) / 1_000) * bytesPerSecond)
    if (due > at) say(reply, text.slice(at, due))
    at = Math.max(at, due)
    await Bun.sleep(STEP_MS)
  }
  if (!gone) reply.finish()
}

function answer(reply: Reply, { body }: WireRequest, path: string): void {
  const asked = JSON.stringify(body)
  const task = { id: 'file', parent: null, title: 'The file', kind: 'write', path, prompt: 'Write it.' }
  const plan = {
    title: 'One file',
    summary: 'A file that is written slowly.',
    parts: [],
    tasks: [{ ...task, width: null, height: null, dependsOn: [] }],
  }
  reply.text(JSON.stringify(EMPTY.find(([word]) => asked.includes(`"${word}"`))?.[1] ?? plan))
  reply.finish()
}

/** What the model is told that it has written so far. */
function textSoFar({ body }: WireRequest): string | undefined {
  const turns: { role: string; content?: unknown; parts?: { text?: string }[] }[] = body.messages ?? body.contents
  const own = turns.findLast(({ role }) => role === 'assistant' || role === 'model')
  const text = own?.parts?.map((part) => part.text ?? '').join('') ?? own?.content
  return typeof text === 'string' ? text : undefined
}
