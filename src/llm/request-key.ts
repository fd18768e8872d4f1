import { z } from 'zod'
import { isFileTask, type ModelRequest, type Provider } from './provider.ts'

/** Stands for a file's end line, which is another one in each request. */
export const BLANK_SENTINEL = '<<<END hearth:blank>>>'

const shapes = new WeakMap<z.ZodType, unknown>()

/**
 * Tells equal requests: the SHA-256 of who is asked, where, and all that the vendor gets, with the end line of a file made blank. Undefined for
 * what is never answered twice alike: chat, requests with tools, a question asked anew, and the demo, which costs nothing.
 */
export function requestKey(provider: Pick<Provider, 'name' | 'label' | 'address' | 'demo'>, request: ModelRequest) {
  const { task, account: _, schema, tools, fresh, ...sent } = request
  if (provider.demo || fresh || task.kind === 'chat' || tools?.length) return undefined
  const shape = schema && { name: schema.name, shape: shapeOf(schema.zod) }
  const text = JSON.stringify([provider.name, provider.label, provider.address, sorted(sent), shape])
  const blank = isFileTask(task) ? text.replaceAll(JSON.stringify(task.sentinel).slice(1, -1), BLANK_SENTINEL) : text
  return new Bun.CryptoHasher('sha256').update(blank).digest('hex')
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}

function shapeOf(zod: z.ZodType): unknown {
  const shape = shapes.get(zod) ?? z.toJSONSchema(zod, { unrepresentable: 'any' })
  shapes.set(zod, shape)
  return shape
}
