/** A part of a model's words, as a page shows it: plain data, so that whatever it holds is escaped like all text. */
export type Block =
  | { kind: 'paragraph'; lines: Span[][] }
  | { kind: 'list'; ordered: boolean; items: Span[][] }
  | { kind: 'code'; text: string }

export interface Span {
  kind: 'text' | 'code' | 'strong'
  text: string
}

const FENCE = /^\s*(`{3,}|~{3,})/
const ITEM = /^\s*(?:[-*+]|(\d{1,3})[.)])\s+(.*)$/
const SPAN = /`([^`\n]+)`|\*\*([^*\n]+)\*\*/g

/** The little of Markdown that models write in a conversation: paragraphs, lists, code, emphasis. No links, no HTML. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let fence: string | undefined
  for (const line of text.trim().split('\n')) {
    const mark = FENCE.exec(line)?.[1]
    const last = blocks.at(-1)
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined
      else if (last?.kind === 'code') last.text += `${last.text === '' ? '' : '\n'}${line}`
    } else if (mark) {
      fence = mark
      blocks.push({ kind: 'code', text: '' })
    } else addLine(blocks, line)
  }
  return blocks.filter((block) => block.kind !== 'paragraph' || block.lines.length > 0)
}

function addLine(blocks: Block[], line: string): void {
  const last = blocks.at(-1)
  const item = ITEM.exec(line)
  if (line.trim() === '') return void blocks.push({ kind: 'paragraph', lines: [] })
  if (item) {
    const ordered = item[1] !== undefined
    const spans = spansOf(item[2]!)
    if (last?.kind === 'list' && last.ordered === ordered) last.items.push(spans)
    else blocks.push({ kind: 'list', ordered, items: [spans] })
  } else if (last?.kind === 'paragraph') last.lines.push(spansOf(line))
  else blocks.push({ kind: 'paragraph', lines: [spansOf(line)] })
}

function spansOf(line: string): Span[] {
  const plain = line.replace(/^#{1,6}\s+/, '')
  const spans: Span[] = []
  let at = 0
  for (const match of plain.matchAll(SPAN)) {
    if (match.index > at) spans.push({ kind: 'text', text: plain.slice(at, match.index) })
    spans.push(match[1] ? { kind: 'code', text: match[1] } : { kind: 'strong', text: match[2]! })
    at = match.index + match[0].length
  }
  if (at < plain.length) spans.push({ kind: 'text', text: plain.slice(at) })
  return spans
}
