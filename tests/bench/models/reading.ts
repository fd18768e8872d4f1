// Reads so many answers, with the vendor's library alone or with all that Hearth puts around it, and tells the processor time that one took.
import Anthropic from '@anthropic-ai/sdk'
import { writeFile } from '../../../src/llm/write-file.ts'
import { MODEL, openModels, question } from './models.ts'

const WARM_UP = 2

export interface ReadingOptions {
  how: 'bare' | 'hearth'
  url: string
  answers: number
}

const { how, url, answers } = JSON.parse(process.argv[2]!) as ReadingOptions
const read = how === 'bare' ? bare() : await layered()
for (let i = 0; i < WARM_UP; i++) await read()
const before = process.cpuUsage()
let bytes = 0
for (let i = 0; i < answers; i++) bytes = Buffer.byteLength(await read())
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ cpuMs: (user + system) / 1_000 / answers, bytes }))
process.exit(0)

function bare(): () => Promise<string> {
  const client = new Anthropic({ apiKey: 'key', baseURL: url, maxRetries: 0 })
  return async () => {
    const events = await client.messages.create({
      model: MODEL,
      max_tokens: 1_000,
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
    })
    let text = ''
    for await (const event of events)
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
    return text
  }
}

async function layered(): Promise<() => Promise<string>> {
  const deps = await openModels(url)
  return async () => {
    let told = 0
    const hooks = {
      onText(text: string) {
        told += text.length
      },
      onRestart() {},
    }
    const { text } = await writeFile(deps, question(), hooks, new AbortController().signal)
    if (told !== text.length) throw new Error('the pieces are not the file')
    return text
  }
}
