import { Language, type Node, Parser, Query, type QueryMatch } from 'web-tree-sitter'
import type { Grammar } from './grammars.ts'
import type { Definition, Symbols } from './symbol.ts'

const MOST_DEFINITIONS = 2_000
const MOST_REFERENCES = 5_000
const LONGEST_NAME = 200
const LONGEST_SIGNATURE = 160

export interface Reader {
  parser: Parser
  query: Query
}

/** Makes the engine and one grammar ready to read. @throws Error when either does not fit the other */
export async function readerOf({ wasm, query }: Grammar): Promise<Reader> {
  const language = await Language.load(wasm)
  return { parser: new Parser().setLanguage(language), query: new Query(language, query) }
}

/** What `text` defines and uses; undefined when that took longer than `ms`. */
export function extract({ parser, query }: Reader, text: string, ms: number): Symbols | undefined {
  const late = performance.now() + ms
  const isLate = () => performance.now() > late
  const tree = parser.parse(text, null, { progressCallback: isLate as () => void })
  if (!tree) {
    parser.reset()
    return undefined
  }
  try {
    const matches = query.matches(tree.rootNode, { progressCallback: isLate as () => void })
    return isLate() ? undefined : symbolsIn(matches, text)
  } finally {
    tree.delete()
  }
}

interface Found {
  name: string
  kind: string
  node: Node
}

function symbolsIn(matches: QueryMatch[], text: string): Symbols {
  const definitions = new Map<number, Found>()
  const references = new Map<number, string>()
  for (const { captures } of matches) {
    const name = captures.find((capture) => capture.name === 'name')?.node
    const role = captures.find(({ name }) => name.startsWith('definition.') || name.startsWith('reference.'))
    if (!name || !role || name.endIndex - name.startIndex > LONGEST_NAME) continue
    const [what, kind] = role.name.split('.') as [string, string]
    if (what === 'reference') references.set(name.startIndex, name.text)
    else if ((definitions.get(name.startIndex)?.kind ?? 'constant') === 'constant')
      definitions.set(name.startIndex, { name: name.text, kind, node: role.node })
  }
  for (const place of definitions.keys()) references.delete(place)
  return { definitions: described([...definitions.values()], text), references: counted([...references.values()]) }
}

function described(found: Found[], text: string): Definition[] {
  const inOrder = found.sort((a, b) => a.node.startIndex - b.node.startIndex || b.node.endIndex - a.node.endIndex)
  const around: number[] = []
  return inOrder.slice(0, MOST_DEFINITIONS).map(({ name, kind, node }) => {
    while (around.length > 0 && around.at(-1)! <= node.startIndex) around.pop()
    const depth = around.length
    around.push(node.endIndex)
    return { name, kind, line: node.startPosition.row + 1, signature: signatureOf(node, text), depth }
  })
}

/** From the start of the definition's line, or of its statement where several stand on one, to the start of its body. */
function signatureOf(node: Node, text: string): string {
  const line = text.lastIndexOf('\n', node.startIndex - 1) + 1
  const from = line + Math.max(0, text.slice(line, node.startIndex).search(/[^{};]*$/))
  const lineEnd = text.indexOf('\n', node.startIndex)
  const to = bodyOf(node)?.startIndex ?? Math.max(lineEnd < 0 ? text.length : lineEnd, declaratorEnd(node))
  const head = text
    .slice(from, Math.min(to, from + 4 * LONGEST_SIGNATURE))
    .replace(/\s+/g, ' ')
    .trim()
  const short = head.replace(/\s*(\{|=>|=|:)$/, '')
  return short.length > LONGEST_SIGNATURE ? `${short.slice(0, LONGEST_SIGNATURE - 1)}…` : short
}

const HOLDERS = ['value', 'right', 'type']

function bodyOf(node: Node): Node | null {
  const own = node.childForFieldName('body')
  if (own) return own
  for (const field of HOLDERS) {
    const body = node.childForFieldName(field)?.childForFieldName('body')
    if (body) return body
  }
  return node.type.endsWith('declarator') ? (node.parent?.childForFieldName('body') ?? null) : null
}

/** C names a function by a declarator that may run over several lines. */
function declaratorEnd(node: Node): number {
  return node.type === 'function_declarator' ? node.endIndex : 0
}

function counted(names: string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_REFERENCES)
}
