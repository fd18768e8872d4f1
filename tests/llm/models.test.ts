import { describe, expect, test } from 'bun:test'
import { systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { Invalid } from '../../src/errors.ts'
import { chooseModel } from '../../src/llm/models.ts'
import { openProviders } from '../../src/llm/open-models.ts'

const withKey = open('sk-ant-secret')
const withoutKey = open(undefined)

test('without a key there is only the demo, and it says so', () => {
  expect(withoutKey.map((provider) => provider.name)).toEqual(['demo'])
  expect(withoutKey[0]).toMatchObject({
    demo: true,
    label: 'Demo model - set an API key or start Ollama for real work',
  })
})

describe('a name means one model', () => {
  const cases: [typeof withKey, string | undefined, string, string][] = [
    [withoutKey, undefined, 'demo', 'demo'],
    [withKey, undefined, 'anthropic', 'claude-sonnet-5-5'],
    [withKey, '', 'anthropic', 'claude-sonnet-5-5'],
    [withKey, 'anthropic', 'anthropic', 'claude-sonnet-5-5'],
    [withKey, 'anthropic/claude-opus-5-5', 'anthropic', 'claude-opus-5-5'],
    [withKey, 'claude-opus-5-5', 'anthropic', 'claude-opus-5-5'],
    [withKey, ' claude-of-next-year-7 ', 'anthropic', 'claude-of-next-year-7'],
    [withKey, 'demo', 'demo', 'demo'],
    [withKey, 'demo/demo', 'demo', 'demo'],
  ]
  test.each(cases)('%#: %s', (providers, wanted, provider, model) => {
    const choice = chooseModel(providers, wanted)
    expect([choice.provider.name, choice.model]).toEqual([provider, model])
  })
})

test.each(['gpt-9', 'openai/gpt-9', 'anthropic/gpt-9', 'demo/claude-opus-5-5', '/', 'claude-opus 5', 'anthropic/'])(
  'the unknown model %p is refused with what there is',
  (wanted) => {
    const error = thrown(() => chooseModel(withKey, wanted))
    expect(error).toBeInstanceOf(Invalid)
    expect(error).toMatchObject({ code: 'unknown_model', context: { field: 'model' } })
    expect((error as Error).message).toContain('anthropic/claude-sonnet-5-5')
    expect((error as Error).message).toContain('demo')
    expect(Bun.inspect(error)).not.toContain('sk-ant-secret')
  },
)

test('a bare id means a server of one’s own only when it has that model', () => {
  const own = { ...withKey[0]!, name: 'box', local: true, models: ['llama'], defaultModel: 'llama', takes: () => true }
  const all = [withKey[0]!, own]
  expect(chooseModel(all, 'llama').provider.name).toBe('box')
  expect(chooseModel(all, 'box/anything').provider.name).toBe('box')
  expect(() => chooseModel(all, 'gpt-9')).toThrow('There is no model')
})

test('without a key, the error for a Claude model says how to get it', () => {
  const error = thrown(() => chooseModel(withoutKey, 'anthropic/claude-opus-5-5'))
  expect((error as Error).message).toBe(
    'There is no model “anthropic/claude-opus-5-5”. There is: demo. Set ANTHROPIC_API_KEY, or set it up on the page of models, to use Claude.',
  )
})

function open(apiKey: string | undefined) {
  const { vendors } = readConfig({ HEARTH_DATA: '/nowhere', ...(apiKey && { ANTHROPIC_API_KEY: apiKey }) })
  return openProviders({ vendors, demoBytesPerSecond: 4096 }, systemClock)
}

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return expect.unreachable()
}
