import type { Placed } from './place.ts'

/**
 * The pairs of blocks that speak of the same lines: one changes a line that the other names, or puts lines between two that
 * the other has side by side, or both put lines at the same place, so that nothing says which come first.
 */
export function overlaps(placed: readonly Placed[]): [Placed, Placed][] {
  return placed.flatMap((one, i) =>
    placed.slice(i + 1).flatMap((other): [Placed, Placed][] => (collide(one, other) ? [[one, other]] : [])),
  )
}

function collide(one: Placed, other: Placed): boolean {
  return changesIn(one, other) || changesIn(other, one) || putAtOnce(one, other) || bothEnd(one, other)
}

function changesIn({ splices }: Placed, { from, to }: Placed): boolean {
  return splices.some((splice) => {
    const isInsertion = splice.from === splice.to
    return isInsertion ? from < splice.from && splice.from < to : splice.from < to && from < splice.to
  })
}

function putAtOnce(one: Placed, other: Placed): boolean {
  const insertions = ({ splices }: Placed) => splices.filter(({ from, to }) => from === to).map(({ from }) => from)
  const there = new Set(insertions(other))
  return insertions(one).some((at) => there.has(at))
}

function bothEnd(one: Placed, other: Placed): boolean {
  return one.finalNewline !== undefined && other.finalNewline !== undefined
}
