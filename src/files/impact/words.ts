import type { Impact } from './impact.ts'

/** Places that are named of one thing. */
const PLACES = 4

const WHAT: Readonly<Record<Impact['kind'], (name: string, path: string) => string>> = {
  export: (name, path) => `${name} is no longer exported by ${path}`,
  route: (name, path) => `the route ${name} is gone from ${path}`,
  id: (name, path) => `the id ${name} is gone from ${path}`,
  class: (name, path) => `the class ${name} is gone from ${path}`,
  property: (name, path) => `the property ${name} is gone from ${path}`,
  file: (name) => `the file ${name} is gone`,
}

/** What an edit breaks, a sentence each: `total is no longer exported by cart.js, but index.js uses it (line 3)`. */
export function impactInWords(impacts: Impact[]): string[] {
  return impacts.map(({ kind, name, path, uses }) => {
    const shown = uses.slice(0, PLACES).map((use) => `${use.path}:${use.line}`)
    const more = uses.length > PLACES ? ` and ${uses.length - PLACES} more` : ''
    return `${WHAT[kind](name, path)}, but ${shown.join(', ')}${more} still ${uses.length === 1 ? 'refers' : 'refer'} to it`
  })
}
