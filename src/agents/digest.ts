/** Characters of a file that is shown in part from its beginning; the rest of its share is its end. */
const HEAD_SHARE = 0.75

export interface ShownFile {
  path: string
  text: string
  /** Lines of its middle that are left out. */
  left: number
}

/**
 * Files as they fit into so many characters. While all of them fit they are whole. Else each gets an equal share; what
 * small files leave of theirs goes to the larger ones; and of a file that is longer than its share the middle is left out, by
 * whole lines: names and imports stand at its beginning, and what ties it up at its end.
 */
export function digestOf(files: { path: string; text: string }[], characters: number): ShownFile[] {
  const share = fairShare(
    files.map(({ text }) => text.length),
    characters,
  )
  return files.map(({ path, text }) => (text.length <= share ? { path, text, left: 0 } : shortened(path, text, share)))
}

/** The most that each may have, so that all together have no more than `total`. */
export function fairShare(sizes: number[], total: number): number {
  let left = total
  let many = sizes.length
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size > left / many) return Math.floor(left / many)
    left -= size
    many--
  }
  return Number.POSITIVE_INFINITY
}

function shortened(path: string, text: string, share: number): ShownFile {
  const lines = text.split('\n')
  const head = fitting(lines, share * HEAD_SHARE)
  const tail = fitting(lines.slice(head.length).reverse(), share * (1 - HEAD_SHARE)).reverse()
  const left = lines.length - head.length - tail.length
  return { path, text: [...head, '…', ...tail].join('\n'), left }
}

/** The first lines that fit, each with its line break. */
function fitting(lines: string[], characters: number): string[] {
  let used = 0
  const end = lines.findIndex((line) => {
    used += line.length + 1
    return used > characters
  })
  return end < 0 ? lines : lines.slice(0, end)
}
