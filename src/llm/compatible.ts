import { chatProvider } from './openai-chat.ts'
import type { Provider } from './provider.ts'

export interface CompatibleSettings {
  /** What names it in `name/model`. */
  name: string
  label: string
  apiKey?: string
  /** With or without the path of its API: `http://127.0.0.1:8080` is `http://127.0.0.1:8080/v1`. */
  baseUrl: string
  /** What the server has: `listModels` asks it. */
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
