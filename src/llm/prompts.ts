import { Eta } from 'eta/core'
import { readText } from '../assets.ts'

const VERSION = /^<%\/\* version (\d+)\b/

const engine = Object.assign(new Eta({ autoEscape: false, cache: true, autoTrim: false, functionHeader: '' }), {
  resolvePath: (name: string) => name,
  readFile: (name: string) => readText(placeOf(name)),
})

/**
 * The text of one prompt, from `views/prompts/<name>.eta`. Its first line is a comment that tells its version and what
 * `data` holds; prompts name each other from the root of that folder: `include('_files', { files })`.
 */
export function prompt(name: string, data: object = {}): string {
  return engine.render(name, data).trim()
}

/** `name@version` of a prompt, for the books. @throws Error when its first line does not tell */
export function promptVersion(name: string): string {
  const version = VERSION.exec(readText(placeOf(name)))?.[1]
  if (!version) throw new Error(`The prompt “${name}” does not tell its version.`)
  return `${name}@${version}`
}

function placeOf(name: string): string {
  return `views/prompts/${name}.eta`
}
