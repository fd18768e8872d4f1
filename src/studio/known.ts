import { bytes, seconds } from '../web/format.ts'
import type { Recipe } from './recipe.ts'
import type { Artifact } from './tables.ts'

type Fact = [name: string, value: string]

/** All that is known of how a picture or clip was made, in the order in which people look for it. */
export function knownOf(artifact: Artifact): Fact[] {
  const { engine, engineVersion, device, tier, reason, seed, renderMs, recipe } = artifact
  const facts: [string, string | null | undefined][] = [
    ['Made by', `${engine}${engineVersion ? ` ${engineVersion}` : ''}`],
    ['Model', modelOf(artifact)],
    ['On', device],
    ['Tier', tier],
    ['Why so', reason],
    ['Size', artifact.width ? `${artifact.width} × ${artifact.height} pixels` : null],
    ['Length', lengthOf(artifact)],
    ...(recipe?.function === 'upscale' ? [scaleOf(recipe)] : [['Seed', String(seed)] as Fact, ...paramsOf(artifact)]),
    ['Went on from', wentOnFrom(artifact)],
    ['Took', renderMs ? seconds(renderMs / 1000) : null],
    ['File', `${bytes(artifact.bytes)}, ${artifact.mediaType}`],
    ['SHA-256', artifact.hash],
  ]
  return facts.filter((fact): fact is Fact => Boolean(fact[1]))
}

/** What differs between two of them: names, and both values. What differs in any case, as their bytes, is left out. */
export function differences(one: Artifact, other: Artifact): [name: string, first: string, second: string][] {
  const [first, second] = [one, other].map((artifact) => new Map(wordsAndFacts(artifact)))
  return [...new Set([...first!.keys(), ...second!.keys()])]
    .map((name): [string, string, string] => [name, first!.get(name) ?? 'none', second!.get(name) ?? 'none'])
    .filter(([, a, b]) => a !== b)
}

/** What was asked for, as text in the form that other programs for pictures read too. */
export function parametersText({ prompt, negative, width, height, seed, model, engine, recipe }: Artifact): string {
  const params = recipe?.params
  const named = [
    ...(params ? [`Steps: ${params.steps}`] : []),
    ...(params?.sampler ? [`Sampler: ${params.sampler}`] : []),
    ...(params ? [`CFG scale: ${params.guidance}`] : []),
    `Seed: ${seed}`,
    `Size: ${width}x${height}`,
    `Model: ${model ?? engine}`,
  ]
  return [prompt, ...(negative ? [`Negative prompt: ${negative}`] : []), named.join(', ')].join('\n')
}

const INCIDENTAL = new Set(['SHA-256', 'File', 'Why so'])

function wordsAndFacts(artifact: Artifact): Fact[] {
  const words: Fact[] = [
    ['Shows', artifact.prompt || 'none'],
    ['Must not show', artifact.negative || 'none'],
  ]
  return [...words, ...knownOf(artifact).filter(([name]) => !INCIDENTAL.has(name))]
}

function modelOf({ model, modelHash }: Artifact): string | null {
  if (!model) return null
  return modelHash ? `${model} (${modelHash.slice(0, 12)}…)` : model
}

function lengthOf({ frames, fps }: Artifact): string | null {
  if (!frames || !fps) return null
  return `${seconds(frames / fps)}: ${frames} frames at ${fps} a second`
}

/** Nothing else has a say in how a picture is made larger. */
function scaleOf({ params }: Recipe): Fact {
  return ['Scale', `${params.scale} times as large`]
}

function paramsOf({ recipe, model }: Artifact): [string, string | null | undefined][] {
  if (!recipe) return []
  const { params, memory, inputs } = recipe
  const { dtype, quantisation, offload, vaeTiling } = memory
  const saving = [
    dtype,
    quantisation === 'none' ? 'not quantised' : quantisation,
    ...(offload === 'none' ? [] : [`offloaded by ${offload}`]),
    ...(vaeTiling ? ['decoded in tiles'] : []),
  ]
  return [
    ['Steps', String(params.steps)],
    ['Guidance', String(params.guidance)],
    ['Sampler', params.sampler],
    ['Strength', Object.keys(inputs).length > 0 ? String(params.strength) : null],
    ['Memory', model ? saving.join(', ') : null],
  ]
}

function wentOnFrom({ resumedFrom, resumedOn }: Artifact): string | null {
  if (!resumedFrom) return null
  return `step ${resumedFrom}${resumedOn ? `, on ${resumedOn}` : ''}`
}
