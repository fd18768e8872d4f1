import { modelsInTable, usualModels } from './model-table.ts'
import { chatProvider } from './openai-chat.ts'
import type { Provider } from './provider.ts'

const MODEL_ID = /^(?:ft:)?(?:gpt|chatgpt|codex|o\d)[\w.:-]{0,120}$/

export interface OpenaiSettings {
  apiKey: string
  baseUrl: string
}

/** OpenAI's models. */
export function openaiProvider({ apiKey, baseUrl }: OpenaiSettings): Provider {
  const models = modelsInTable('openai')
  return chatProvider({
    name: 'openai',
    label: 'GPT by OpenAI',
    vendor: 'OpenAI',
    apiKey,
    baseUrl,
    models,
    ...usualModels('openai'),
    takes: (model) => MODEL_ID.test(model),
    limit: 'max_completion_tokens',
    mayRefuseSchemas: false,
  })
}
