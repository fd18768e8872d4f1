import type { ModelFacts } from './model-table.ts'
import { prompt } from './prompts.ts'
import type { AnswerSchema, ModelRequest, Provider } from './provider.ts'
import { jsonSchema } from './tool-input.ts'

export type AbilitiesOf = (provider: string, model: string) => Pick<ModelFacts, 'abilities'>

/** The shape that an answer must have, in words. */
export function shapeInWords({ zod }: AnswerSchema): string {
  return prompt('answer-shape', { schema: JSON.stringify(jsonSchema(zod)) })
}

/** The same provider; a model that can't be given the shape of its answer is told it, behind what else stays the same. */
export function withShapeInWords(abilitiesOf: AbilitiesOf, provider: Provider): Provider {
  const told = (request: ModelRequest): ModelRequest => {
    const { schema, ...rest } = request
    if (!schema || abilitiesOf(provider.name, request.model).abilities.schema) return request
    return { ...rest, context: [request.context, shapeInWords(schema)].filter(Boolean).join('\n\n') }
  }
  return {
    ...provider,
    stream: (request, signal) => provider.stream(told(request), signal),
    ...(provider.countTokens ? { countTokens: (request, signal) => provider.countTokens!(told(request), signal) } : {}),
  }
}
