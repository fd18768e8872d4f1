// A libSQL server as far as Hearth needs one: the pipeline protocol that @libsql/client speaks over HTTP (version 2, JSON), on a
// real database file, in a process of its own. It can be told to go away in every way that a server and the network between can.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { type Answer, openStreams, type PipelineRequest } from './libsql-streams.ts'

/**
 * What happens to a request: it is answered; its connection is cut before anything is done, or when all is done and only the
 * answer is missing; a gateway says that there is nobody; nothing is ever said.
 */
export type Manner = 'answer' | 'cut before' | 'cut after' | '502' | 'hang'

/** From the request `from` on, counted from 1 at the server's start, `many` of them get this. */
export interface Trouble {
  manner: Manner
  from: number
  many: number
}

export type Order = { do: 'trouble'; trouble: Trouble } | { do: 'fine' | 'refuse' | 'accept' | 'expire' | 'count' }
export interface Report {
  port: number
  requests: number
  /** How many of them ended a transaction, and the number of each. */
  commits: number[]
}

const TROUBLE_TEXT = '<html><body>502 Bad Gateway</body></html>'

export interface Settings {
  file: string
  /** 0 takes a free one. */
  port: number
  /** What must be sent with each request; empty for nothing. */
  token: string
  /** How long a transaction whose client is gone keeps its lock. */
  streamLivesMs: number
}

if (import.meta.main) await serve(JSON.parse(process.argv[2]!))

async function serve({ file, port, token, streamLivesMs }: Settings): Promise<void> {
  const streams = openStreams(file, streamLivesMs)
  const report: Report = { port, requests: 0, commits: [] }
  let troubles: Trouble[] = []
  let server: Server | undefined

  async function listen(): Promise<void> {
    server = createServer((request, response) => void answer(request, response))
    await new Promise<void>((resolve) => server!.listen(report.port, '127.0.0.1', resolve))
    report.port = (server.address() as { port: number }).port
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const nth = ++report.requests
    if (token && request.headers.authorization !== `Bearer ${token}`) return send(response, 401, { message: 'no' })
    const met = troubles.find(({ from, many }) => nth >= from && nth < from + many)
    const manner = met?.manner ?? 'answer'
    if (manner === 'hang') return
    if (manner === 'cut before') return void request.socket.destroy()
    if (manner === '502') return void response.writeHead(502, { 'content-type': 'text/html' }).end(TROUBLE_TEXT)
    if (isCommit(body)) report.commits.push(nth)
    const done = streams.run(body)
    if (manner === 'cut after') return void request.socket.destroy()
    send(response, 'results' in done ? 200 : 400, done)
  }

  await listen()
  console.log(JSON.stringify(report))
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order
    if (order.do === 'trouble') troubles.push(order.trouble)
    if (order.do === 'fine') troubles = []
    if (order.do === 'expire') streams.expire()
    if (order.do === 'accept') await listen()
    if (order.do === 'refuse') {
      server!.closeAllConnections()
      await new Promise((resolve) => server!.close(resolve))
    }
    console.log(JSON.stringify(report))
  }
  process.exit(0) // whoever started it is gone
}

function send(response: ServerResponse, status: number, answer: Answer | { message: string }): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

async function bodyOf(request: IncomingMessage): Promise<PipelineRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}')
}

function isCommit({ requests = [] }: PipelineRequest): boolean {
  return requests.some((one) => one.type === 'execute' && one.stmt.sql === 'COMMIT')
}
