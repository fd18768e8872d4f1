import type { Node, Tree } from 'web-tree-sitter'
import type { Reader } from './extract.ts'

/** A place that a grammar can't read. */
export interface Mistake {
  /** From 1. */
  line: number
  column: number
  /** What the grammar misses there (`}`); undefined where it can't read what stands there. */
  missing?: string
  /** What stands there, on one line. */
  found: string
  /** Whether it reaches to the end of the text: what is cut off looks like that. */
  atEnd: boolean
}

const MOST_ERRORS = 50
const LONGEST_FOUND = 60

/** The places in `text` that its grammar can't read; undefined when the search took longer than `ms`. */
export function mistakesIn({ parser }: Pick<Reader, 'parser'>, text: string, ms: number): Mistake[] | undefined {
  const late = performance.now() + ms
  const tree = parser.parse(text, null, { progressCallback: (() => performance.now() > late) as () => void })
  if (!tree) {
    parser.reset()
    return undefined
  }
  try {
    return errorsIn(tree, text, late)
  } finally {
    tree.delete()
  }
}

/** Goes down only where there is an error, and not into one: what stands in it was put together by guessing. */
function errorsIn(tree: Tree, text: string, late: number): Mistake[] | undefined {
  const found: Mistake[] = []
  const end = text.trimEnd().length
  const open: Node[] = [tree.rootNode]
  while (open.length > 0 && found.length < MOST_ERRORS) {
    if (performance.now() > late) return undefined
    const node = open.pop()!
    if (node.isError || node.isMissing) found.push(errorAt(node, end))
    else if (node.hasError) open.push(...node.children.filter((child) => child !== null).reverse())
  }
  return found
}

function errorAt(node: Node, end: number): Mistake {
  const { row, column } = node.startPosition
  return {
    line: row + 1,
    column: column + 1,
    ...(node.isMissing ? { missing: node.type } : {}),
    found: node.text.slice(0, LONGEST_FOUND).split('\n')[0]!.trim(),
    atEnd: node.endIndex >= end,
  }
}
