import { Eta } from 'eta/core'
import { readText } from '../assets.ts'
import { asset } from './assets.ts'
import * as f from './format.ts'
import { icon } from './icons.ts'
import { blocksOf } from './words.ts'

/** What every view can call: `f.bytes(n)`, `icon('done')` (raw: `<%~`), `asset('app.css')`, `blocks(text)` for the blocks of a model's words. */
const TOOLS = { f, icon, asset, tag: idOf, blocks: blocksOf }

const engine = Object.assign(
  new Eta({
    autoEscape: true,
    cache: true,
    escapeFunction: escapeHtml,
    functionHeader: `const { ${Object.keys(TOOLS).join(', ')} } = this.tools`,
  }),
  { tools: TOOLS, resolvePath: (name: string) => name, readFile: (name: string) => readText(`views/${name}.eta`) },
)

/**
 * The HTML of one view, without a layout. `name` is its path under `views/` without the ending: `projects/show`,
 * `projects/_pulse`. Views name each other in the same way, from the root: `include('projects/_row', { task })`.
 */
export function renderView(name: string, data: object): string {
  return engine.render(name, data)
}

/** Text made safe for HTML text and quoted attributes; nothing for null and undefined. */
function escapeHtml(value: unknown): string {
  return value === null || value === undefined ? '' : Bun.escapeHTML(String(value))
}

/** An id as part of an HTML id: letters, digits, `_` and `-` stay, all else becomes its code point, so that two ids never meet. */
function idOf(id: string): string {
  return id.replace(/[^\w-]/g, (char) => `.${char.codePointAt(0)}`)
}
