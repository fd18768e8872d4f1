import Anthropic from '@anthropic-ai/sdk'
import { openClient } from '../../support/client.ts'
import { type Child, measure, startChild } from '../child.ts'
import { type Benchmark, median, type Result, repeat } from '../result.ts'
import { MODEL } from './models.ts'

const MEGABYTE = 1_000_000
const ANSWERS = 10
const PROBES = 20
/** The first answers load the vendor's library, and what a page needs. */
const WARM_UP = 5
/** ms that nothing is said before and after the first text, so that it comes alone. */
const WAIT_MS = 450
/** Characters of the first text; it begins with the time of its sending. */
const FIRST = 64
const SENT_AT = /(\d{13}(?:\.\d+)?) x{9}/

/** Processor time for 1 MB of streamed text, beside that of the vendor's own library. */
export const modelOverhead: Benchmark = {
  name: 'model-overhead',
  async run(runs) {
    await using vendor = startChild('models/vendor.ts', { characters: MEGABYTE })
    const { url } = await vendor.next()
    const cpu = async (how: string): Promise<number> =>
      (await measure('models/reading.ts', { how, url, answers: ANSWERS })).cpuMs
    const pairs = await repeat(runs, async () => ({ bare: await cpu('bare'), ours: await cpu('hearth') }))
    const ratios = pairs.map(({ bare, ours }) => ours / bare)
    return [
      {
        name: 'model-overhead',
        what: 'processor time for a file of 1 MB in 19,000 pieces: clocks, retries, books, end line and all',
        aim: '<= 1.1 x bare',
        value: median(ratios),
        unit: 'x',
        met: median(ratios) <= 1.1,
        runs: ratios,
        baseline: { what: 'ms, the vendor’s library alone', value: median(pairs.map(({ bare }) => bare)) },
      },
    ]
  },
}

/** From the moment that a vendor sends the first text until a reader has it. */
export const firstToken: Benchmark = {
  name: 'first-token',
  async run(runs) {
    await using vendor = startChild('models/vendor.ts', { characters: FIRST, waitMs: WAIT_MS })
    const { url } = await vendor.next()
    const found = await repeat(runs, async () => {
      await using app = startChild('models/app.ts', { url })
      return await probed(url, app)
    })
    const bare = found.map(({ bare }) => bare)
    const on = (which: 'stream' | 'page') => found.map((run) => run[which])
    return [
      firstTokenResult('first-token-stream', 'its NDJSON stream', on('stream'), bare),
      firstTokenResult('first-token-page', 'its page', on('page'), bare),
    ]
  },
}

function firstTokenResult(name: string, where: string, ms: number[], bare: number[]): Result {
  const over = ms.map((each, i) => each - bare[i]!)
  return {
    name,
    what: `first text of a model to a reader of ${where}, over the vendor’s library alone (medians of ${PROBES})`,
    aim: '<= 5 ms',
    value: median(over),
    unit: 'ms',
    met: median(over) <= 5,
    runs: over,
    baseline: { what: 'ms, the library alone', value: median(bare) },
  }
}

async function probed(vendorUrl: string, app: Child) {
  const { url, secret, project } = await app.next()
  const { request } = openClient(url, secret)
  const stream = watch(await request(`/api/projects/${project}/events`))
  const page = watch(await request(`/projects/${project}/stream`))
  const library = new Anthropic({ apiKey: 'key', baseURL: vendorUrl, maxRetries: 0 })
  const both = async () => {
    app.tell('say')
    const pair = await Promise.all([stream(), page()])
    await Bun.sleep(2 * WAIT_MS)
    return pair
  }
  await repeat(WARM_UP, both)
  const alone = await repeat(PROBES, () => arrivalAlone(library))
  const pairs = await repeat(PROBES, both)
  return {
    bare: median(alone),
    stream: median(pairs.map(([ms]) => ms)),
    page: median(pairs.map(([, ms]) => ms)),
  }
}

/** ms from the sending of the first text until the vendor's library gives it. */
async function arrivalAlone(library: Anthropic): Promise<number> {
  const messages = [{ role: 'user' as const, content: 'x' }]
  const events = await library.messages.create({ model: MODEL, max_tokens: 1, messages, stream: true })
  let ms = Number.NaN
  for await (const event of events)
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
      ms = sinceSent(event.delta.text) ?? ms
  return ms
}

/** Reads a stream for ever; each call resolves with the ms from the sending of a first text until it came, when the next one comes. */
function watch(response: Response): () => Promise<number> {
  let next = Promise.withResolvers<number>()
  let last = ''
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const bytes of response.body!) {
      const text = decoder.decode(bytes, { stream: true })
      const sent = SENT_AT.exec(text)?.[1]
      if (!sent || sent === last) continue
      last = sent
      next.resolve(sinceSent(text)!)
    }
  }
  read().catch((error) => {
    next.promise.catch(() => {}) // at the end nobody waits any more
    next.reject(error)
  })
  return () => {
    next = Promise.withResolvers()
    return next.promise
  }
}

function sinceSent(text: string): number | undefined {
  const sent = SENT_AT.exec(text)?.[1]
  return sent === undefined ? undefined : performance.timeOrigin + performance.now() - Number(sent)
}
