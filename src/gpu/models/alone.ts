import { Conflict } from '../../errors.ts'

/** Has one work alone with the files of a model: a download and a removal never meet. Those who come later wait, in their order. */
export type Alone = <T>(id: string, work: () => Promise<T>, patienceMs?: number) => Promise<T>

/** Who waits longer than `patienceMs` gives up. @throws Conflict `model_busy` */
export function openAlone(): Alone {
  const last = new Map<string, Promise<void>>()
  return async (id, work, patienceMs) => {
    const before = last.get(id)
    const own = Promise.withResolvers<void>()
    const mine = Promise.all([before, own.promise]).then(() => {
      if (last.get(id) === mine) last.delete(id)
    })
    last.set(id, mine)
    try {
      if (before) await within(before, patienceMs, id)
      return await work()
    } finally {
      own.resolve()
    }
  }
}

async function within(before: Promise<void>, ms: number | undefined, id: string): Promise<void> {
  if (ms === undefined) return before
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(busy(id)), ms)
  try {
    await Promise.race([before, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function busy(id: string): Conflict {
  return new Conflict('model_busy', `The files of ${id} are still being worked on. Try again in a moment.`, {
    context: { model: id },
  })
}
