import type { ToolCall } from './provider.ts'

/** The `signature` of a call: what `model` wants to have back with it. A project may change models between two turns. */
export function signed(provider: string, model: string, wanted: string): string {
  return `${provider}/${model} ${wanted}`
}

/** What this very model wants back with the call; undefined when it gave nothing, or another model made the call. */
export function wantedBack({ signature = '' }: ToolCall, provider: string, model: string): string | undefined {
  const start = signed(provider, model, '')
  return signature.startsWith(start) ? signature.slice(start.length) : undefined
}
