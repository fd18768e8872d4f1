import { checkCss, checkScss } from './css.ts'
import { checkJson } from './data.ts'
import { type Fault, movedTo } from './fault.ts'
import { type Part, partsOf } from './markup-parts.ts'
import { checkScript } from './scripts.ts'

/** Longest text that is judged, in characters. */
const MAX_LENGTH = 1_000_000

/** A page: what its end leaves open, and what is wrong in the scripts, styles and data that stand in it. */
export function checkHtml(text: string): Promise<Fault[]> {
  return checkParts(text, faultsInPage)
}

/** A component of Vue or Svelte: its scripts and styles, each in the language that it names. */
export function checkComponent(text: string): Promise<Fault[]> {
  return checkParts(text, faultsInComponent)
}

async function checkParts(text: string, check: (part: Part) => Fault[] | Promise<Fault[]>): Promise<Fault[]> {
  if (text.length > MAX_LENGTH) return []
  const found = partsOf(text)
  if ('open' in found) return [found.open]
  const all = await Promise.all(found.parts.map(async (part) => movedTo(text, part.start, await check(part))))
  return all.flat()
}

const JSON_TYPE = /^(?:application\/(?:[\w.-]+\+)?json|importmap|speculationrules)$/i
const SCRIPT_TYPE = /^(?:|module|(?:text|application)\/(?:javascript|ecmascript|x-javascript))$/i

function faultsInPage({ tag, attributes, text }: Part): Fault[] | Promise<Fault[]> {
  const type = attribute(attributes, 'type')
  if (tag === 'style') return type === '' || type === 'text/css' ? checkCss(text) : []
  if (tag !== 'script') return []
  if (JSON_TYPE.test(type)) return checkJson(text)
  return SCRIPT_TYPE.test(type) && attribute(attributes, 'language') === '' ? checkScript(text, 'jsx') : []
}

function faultsInComponent({ tag, attributes, text }: Part): Fault[] | Promise<Fault[]> {
  const language = attribute(attributes, 'lang')
  if (tag === 'style') {
    if (language === 'scss') return checkScss(text)
    return language === '' || language === 'css' ? checkCss(text) : []
  }
  if (tag !== 'script') return []
  if (/^(?:ts|typescript)$/.test(language)) return checkScript(text, 'ts')
  if (/^(?:|js|javascript|jsx)$/.test(language)) return checkScript(text, 'jsx')
  return language === 'tsx' ? checkScript(text, 'tsx') : []
}

function attribute(attributes: string, name: string): string {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes)
  return (match?.[1] ?? match?.[2] ?? match?.[3] ?? '').trim().toLowerCase()
}
