import { describe, expect, test } from 'bun:test'
import { chainOf } from '../../src/llm/chains.ts'
import { AUTO } from '../../src/llm/models.ts'
import { type Provider, PURPOSES } from '../../src/llm/provider.ts'

const claude = provider('anthropic', ['claude-a', 'claude-b'])
const gpt = provider('openai', ['gpt-a'])
const ollama = provider('ollama', ['qwen', 'gemma'], { local: true })
const basement = provider('basement', ['llama'], { local: true })
const silent = provider('attic', [], { local: true })
const demo = provider('demo', ['demo'], { demo: true })
const ALL = [claude, gpt, basement, silent, ollama, demo]

type Rule = Partial<Parameters<typeof chainOf>[0]>

const names = (rule: Rule, wanted?: string) =>
  chainOf({ providers: ALL, ...rule }, wanted).map(({ provider: { name }, model }) => `${name}/${model}`)

describe('without settings', () => {
  test('each provider’s default stands in for the one before it, never the demo', () => {
    expect(names({})).toEqual(['anthropic/claude-a', 'openai/gpt-a', 'basement/llama', 'ollama/qwen'])
  })

  test('what is wanted comes first, and nobody twice', () => {
    expect(names({}, 'openai/gpt-a')).toEqual(['openai/gpt-a', 'anthropic/claude-a', 'basement/llama', 'ollama/qwen'])
    expect(names({}, 'claude-b').slice(0, 2)).toEqual(['anthropic/claude-b', 'anthropic/claude-a'])
  })

  test('the environment’s model comes first for those who name none', () => {
    expect(names({ preferred: 'openai' })[0]).toBe('openai/gpt-a')
    expect(names({ preferred: 'openai' }, AUTO)[0]).toBe('openai/gpt-a')
    expect(names({ preferred: 'openai' }, 'ollama')[0]).toBe('ollama/qwen')
  })

  test('a server whose models are not known is asked only by name', () => {
    expect(() => names({ providers: [silent, demo] })).toThrow(
      expect.objectContaining({ code: 'model_unavailable', retryable: true }),
    )
    expect(names({}, 'attic/anything')[0]).toBe('attic/anything')
    const away = expect.objectContaining({ code: 'model_unavailable', retryable: true })
    for (const rule of [{ preferred: 'attic' }, { own: ['attic'] }]) {
      expect(() => names(rule, AUTO)).toThrow(away) // nobody else is asked for it
      expect(names(rule, 'openai')[0]).toBe('openai/gpt-a')
    }
    expect(() => names({}, 'attic')).toThrow(away)
  })
})

describe('by itself,', () => {
  const roles = { smallModel: 'claude-s', secondModel: 'claude-b' }
  const whole = provider('anthropic', ['claude-a', 'claude-b', 'claude-s'], roles)
  const other = provider('openai', ['gpt-a', 'gpt-s'], { smallModel: 'gpt-s', secondModel: 'gpt-b' })
  const alone = { providers: [whole, ollama, demo] }

  test('a summary goes to a vendor’s small model, all else to its default', () => {
    const firsts = PURPOSES.map((purpose) => names({ purpose, providers: [whole, other, demo] }))
    expect(firsts).toEqual([
      ...Array.from({ length: 4 }, () => ['anthropic/claude-a', 'openai/gpt-a']),
      ['anthropic/claude-s', 'openai/gpt-s'],
    ])
  })

  test('a vendor that is alone has a model of its own stand in for the first', () => {
    expect(names({ purpose: 'write', ...alone })).toEqual(['anthropic/claude-a', 'anthropic/claude-b', 'ollama/qwen'])
    expect(names({ purpose: 'summarise', ...alone })).toEqual([
      'anthropic/claude-s',
      'anthropic/claude-a',
      'ollama/qwen',
    ])
    expect(names({ purpose: 'write', ...alone }, 'ollama')).toEqual(['ollama/qwen'])
    expect(names({ purpose: 'write', own: ['anthropic'], ...alone })).toEqual(['anthropic/claude-a'])
  })

  test('what is named is asked for a summary too', () => {
    expect(names({ purpose: 'summarise', ...alone }, 'claude-b')[0]).toBe('anthropic/claude-b')
    expect(names({ purpose: 'summarise', preferred: 'claude-b', ...alone })[0]).toBe('anthropic/claude-b')
  })
})

describe('what is asked of a model in the own network stays there', () => {
  test('when it was wanted, also against the owner’s chain', () => {
    expect(names({}, 'ollama/gemma')).toEqual(['ollama/gemma', 'basement/llama', 'ollama/qwen'])
    expect(names({ own: ['anthropic', 'basement'] }, 'ollama/gemma')).toEqual(['ollama/gemma', 'basement/llama'])
  })

  test('when the environment prefers it', () => {
    expect(names({ preferred: 'ollama' })).toEqual(['ollama/qwen', 'basement/llama'])
  })

  test('unless the owner’s chain says otherwise', () => {
    expect(names({ own: ['ollama', 'anthropic'] })).toEqual(['ollama/qwen', 'anthropic/claude-a'])
  })
})

describe('the owner’s chain', () => {
  test('is all that there is, behind what a project wants', () => {
    const own = ['openai', 'anthropic/claude-b']
    expect(names({ own, preferred: 'ollama' })).toEqual(['openai/gpt-a', 'anthropic/claude-b'])
    expect(names({ own }, 'claude-a')).toEqual(['anthropic/claude-a', 'openai/gpt-a', 'anthropic/claude-b'])
  })

  test('is used as far as its models are still there; without any, the rule holds again', () => {
    expect(names({ own: ['xai/grok', 'openai'] })).toEqual(['openai/gpt-a'])
    expect(names({ own: ['xai/grok'], providers: [claude, demo] })).toEqual(['anthropic/claude-a'])
  })
})

describe('the demo', () => {
  test('is there when nothing else is', () => {
    expect(names({ providers: [demo] })).toEqual(['demo/demo'])
    expect(names({ providers: [demo] }, '')).toEqual(['demo/demo'])
  })

  test('stays alone when it was chosen, and follows nobody', () => {
    expect(names({}, 'demo')).toEqual(['demo/demo'])
    expect(names({ preferred: 'demo' })).toEqual(['demo/demo'])
    expect(names({ own: ['openai', 'demo'] })).toEqual(['openai/gpt-a'])
  })

  test('never takes up a project that was made for real models', () => {
    expect(() => names({ providers: [demo] }, AUTO)).toThrow(expect.objectContaining({ code: 'no_model' }))
  })
})

function provider(name: string, models: string[], more: Partial<Provider> = {}): Provider {
  return {
    name,
    label: name,
    demo: false,
    defaultModel: models[0] ?? '',
    models,
    takes: (model) => models.includes(model) || models.length === 0,
    // biome-ignore lint/correctness/useYield: it is never asked
    async *stream() {
      throw new Error('nobody asks')
    },
    ...more,
  }
}
