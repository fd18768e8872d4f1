import { parseArgs } from 'node:util'

export const HOW = [
  'usage: hearth render "PROMPT" [--model M] [--tier T] [--size WxH] [--steps N] [--seed N] [--count N] [--negative TEXT] [--init FILE] [--project ID] [--out DIR] [--json]',
  '       hearth render "PROMPT" --video [--seconds S | --frames N] [--fps F] [...]    a clip; --init FILE: from that picture',
  '       hearth render upscale FILE|ARTIFACT [--scale N] [--model M] [--tier T] [--project ID] [--out DIR] [--json]    a larger one',
  '       hearth render again FILE [--out DIR] [--project ID] [--anyway] [--json]',
].join('\n')

interface Common {
  project: string | undefined
  out: string | undefined
  json: boolean
}

/** A picture that is asked for, or one that is to be made again. */
export type RenderOrder = Common &
  ({ again: string; anyway: boolean } | { request: Record<string, unknown>; init: string | undefined })

/** Reads a command line; undefined where it makes no sense. */
export function understood(args: string[]): RenderOrder | undefined {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS })
    const { project, out, json, anyway, init } = values
    const common = { project, out, json }
    const [first, file, ...rest] = positionals
    if (first === 'again' && file !== undefined && rest.length === 0) return { ...common, again: file, anyway }
    if (first === 'upscale' && file !== undefined && rest.length === 0) {
      const request = upscaleOf(values)
      return request ? { ...common, request, init: file } : undefined
    }
    if (first === undefined || file !== undefined || values.scale !== undefined) return undefined
    const request = requestOf(first, values)
    return request ? { ...common, request, init } : undefined
  } catch {
    return undefined // an unknown option: the usage line says what there is
  }
}

const OPTIONS = {
  model: { type: 'string' },
  tier: { type: 'string' },
  size: { type: 'string' },
  steps: { type: 'string' },
  seed: { type: 'string' },
  count: { type: 'string' },
  negative: { type: 'string' },
  init: { type: 'string' },
  scale: { type: 'string' },
  video: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  frames: { type: 'string' },
  fps: { type: 'string' },
  project: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
  anyway: { type: 'boolean', default: false },
} as const

type Values = Partial<Record<keyof typeof OPTIONS, string | boolean>>

function requestOf(prompt: string, values: Values) {
  const { model, tier, size, negative, video } = values
  const [, width, height] = /^(\d+)x(\d+)$/.exec(String(size ?? '')) ?? []
  if (size !== undefined && width === undefined) return undefined
  const wholes = numbersIn({ width, height, ...pick(values, ['steps', 'seed', 'count', 'frames']) }, /^\d+$/)
  const others = numbersIn(pick(values, ['seconds', 'fps']), /^\d+(\.\d+)?$/)
  if (!wholes || !others || !fitsTogether(values)) return undefined
  return {
    prompt,
    ...(video ? { function: 'video' } : {}),
    ...(model ? { model } : {}),
    ...(tier ? { tier } : {}),
    ...(negative ? { negative } : {}),
    ...wholes,
    ...others,
  }
}

/** A picture is made larger by what it is alone. */
function upscaleOf(values: Values) {
  const { model, tier, scale } = values
  const others = pick(values, ['size', 'steps', 'seed', 'count', 'negative', 'init', 'seconds', 'frames', 'fps'])
  const numbers = numbersIn({ scale }, /^\d+(\.\d+)?$/)
  if (!numbers || values.video || Object.values(others).some((value) => value !== undefined)) return undefined
  return { function: 'upscale', ...(model ? { model } : {}), ...(tier ? { tier } : {}), ...numbers }
}

/** Only a clip has a length, and only one. */
function fitsTogether({ video, seconds, frames, fps }: Values): boolean {
  if (!video) return (seconds ?? frames ?? fps) === undefined
  return seconds === undefined || frames === undefined
}

function pick(values: Values, names: (keyof Values)[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name]]))
}

/** Undefined where one of them is none. */
function numbersIn(given: Record<string, unknown>, shape: RegExp): Record<string, number> | undefined {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  if (said.some(([, value]) => !shape.test(String(value)))) return undefined
  return Object.fromEntries(said.map(([name, value]) => [name, Number(value)]))
}
