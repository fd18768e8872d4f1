import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { vendorError } from './failures.ts'
import { apiRoot, chatProvider } from './openai-chat.ts'
import type { Provider } from './provider.ts'
import { vendorFetch, wireFault } from './vendor-fetch.ts'

export interface CompatibleSettings {
  /** What names it in `name/model`. */
  name: string
  label: string
  apiKey?: string
  /** With or without the path of its API: `http://127.0.0.1:8080` is `http://127.0.0.1:8080/v1`. */
  baseUrl: string
  /** What the server has: `modelsOf` asks it. */
  models: string[]
  defaultModel: string
}

/** Any server that speaks OpenAI's protocol: llama.cpp, vLLM, LM Studio and their like. */
export function compatibleProvider({ apiKey, ...settings }: CompatibleSettings): Provider {
  const { models, defaultModel } = settings
  return chatProvider({
    ...settings,
    vendor: settings.label,
    apiKey,
    takes: (model) => model === defaultModel || models.includes(model),
    limit: 'max_tokens',
    mayRefuseSchemas: true,
  })
}

const ModelList = z.object({ data: z.array(z.object({ id: z.string().min(1) })) })

/** The ids of the models that such a server has. @throws DomainError as a provider's stream does */
export async function modelsOf(
  { label, apiKey, baseUrl }: Pick<CompatibleSettings, 'label' | 'apiKey' | 'baseUrl'>,
  signal: AbortSignal,
): Promise<string[]> {
  const asked = { vendor: label, model: '', secret: apiKey ?? '' }
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  try {
    const response = await vendorFetch(`${apiRoot(baseUrl)}/models`, { headers, signal })
    const text = await response.text()
    if (!response.ok) throw vendorError(asked, { status: response.status, said: text, headers: response.headers })
    return ModelList.parse(JSON.parse(text)).data.map(({ id }) => id)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof DomainError) throw error
    throw vendorError(asked, wireFault(error) ?? { said: error instanceof Error ? error.message : String(error) })
  }
}
