/** How a server is spoken to. A provider that comes with Hearth has the name of its kind. */
export const KINDS = ['anthropic', 'openai', 'google', 'xai', 'compatible', 'ollama'] as const
export type Kind = (typeof KINDS)[number]

/** How a key is shown to a server that speaks Anthropic's protocol. */
export const SCHEMES = ['bearer', 'x-api-key'] as const
export type Scheme = (typeof SCHEMES)[number]

export interface Vendor {
  label: string
  /** What its models are called in a sentence. */
  models: string
  /** Where its own API is; undefined for what stands on somebody's own machine. */
  baseUrl?: string
  /** The settings that tell of it. */
  keySetting?: string
  addressSetting: string
  /** An id that is plainly one of its models. */
  model?: RegExp
}

export const VENDORS: Record<Kind, Vendor> = {
  anthropic: {
    label: 'Anthropic',
    models: 'Claude',
    baseUrl: 'https://api.anthropic.com',
    keySetting: 'ANTHROPIC_API_KEY',
    addressSetting: 'ANTHROPIC_BASE_URL',
    model: /^claude-/,
  },
  openai: {
    label: 'OpenAI',
    models: 'OpenAI’s models',
    baseUrl: 'https://api.openai.com/v1',
    keySetting: 'OPENAI_API_KEY',
    addressSetting: 'OPENAI_BASE_URL',
    model: /^(gpt-|o\d)/,
  },
  google: {
    label: 'Google',
    models: 'Gemini',
    baseUrl: 'https://generativelanguage.googleapis.com',
    keySetting: 'GEMINI_API_KEY',
    addressSetting: 'GEMINI_BASE_URL',
    model: /^gemini-/,
  },
  xai: {
    label: 'xAI',
    models: 'Grok',
    baseUrl: 'https://api.x.ai/v1',
    keySetting: 'XAI_API_KEY',
    addressSetting: 'XAI_BASE_URL',
    model: /^grok-/,
  },
  compatible: {
    label: 'OpenAI-compatible server',
    models: 'an OpenAI-compatible server',
    keySetting: 'COMPATIBLE_API_KEY',
    addressSetting: 'COMPATIBLE_BASE_URL',
  },
  ollama: { label: 'Ollama', models: 'Ollama', addressSetting: 'OLLAMA_HOST' },
}

/** Names that the owner can't give to a server. */
export function isReserved(name: string): boolean {
  return name === 'demo' || name === 'auto' || KINDS.includes(name as Kind)
}
