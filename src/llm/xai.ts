import { modelsInTable, usualModels } from './model-table.ts'
import { chatProvider } from './openai-chat.ts'
import type { Provider } from './provider.ts'

const MODEL_ID = /^grok-[a-z0-9][\w.-]{0,80}$/

export interface XaiSettings {
  apiKey: string
  baseUrl: string
}

/** xAI's models, which speak OpenAI's protocol at an address of their own. */
export function xaiProvider({ apiKey, baseUrl }: XaiSettings): Provider {
  const models = modelsInTable('xai')
  return chatProvider({
    name: 'xai',
    label: 'Grok by xAI',
    vendor: 'xAI',
    apiKey,
    baseUrl,
    models,
    ...usualModels('xai'),
    takes: (model) => MODEL_ID.test(model),
    limit: 'max_tokens',
    mayRefuseSchemas: false,
  })
}
