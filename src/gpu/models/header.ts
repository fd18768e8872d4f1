import { DomainError } from '../../errors.ts'

/** What a file of weights says of itself at its beginning. */
export interface Header {
  format: 'safetensors' | 'gguf'
  /** Shapes by name, as torch has them: rows first. */
  tensors: Map<string, number[]>
  /** The type that most of the weights have: `F16`, `BF16`, `Q4_K`, ... */
  type: string | null
  /** `general.architecture` of GGUF, and what else is short and text. */
  facts: Record<string, string>
}

/** The file is not what its name says, or is hostile. */
export class Unreadable extends DomainError {
  override name = 'Unreadable'
  constructor(says: string) {
    super('model_unreadable', says)
  }
}

/** The type of most elements. */
export function usualType(counts: Map<string, number>): string | null {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null
}
