import { type Box, boxesIn } from './boxes.ts'
import { damaged, type Source } from './source.ts'

const MOST_ITEMS = 4_096

/** Something that an AVIF or a HEIC holds beside its pictures, where it lies in one piece. */
export interface Item {
  type: string
  at: number
  length: number
}

/** The items of some types (ISO/IEC 14496-12, 8.11). */
export async function itemsIn(source: Source, types: readonly string[]): Promise<Item[]> {
  const meta = (await boxesIn(source, 0, source.size)).find(({ type }) => type === 'meta')
  if (!meta) return []
  const parts = await boxesIn(source, meta.at + 4, meta.end)
  const [infos, places, data] = ['iinf', 'iloc', 'idat'].map((name) => parts.find(({ type }) => type === name))
  if (!infos || !places) return []
  const wanted = await typesById(source, infos, types)
  const found = await placesById(source, places, data)
  return [...wanted].flatMap(([id, type]) => {
    const place = found.get(id)
    return place ? [{ type, ...place }] : []
  })
}

async function typesById(source: Source, infos: Box, types: readonly string[]): Promise<Map<number, string>> {
  const [version] = await source.bytes(infos.at, 1)
  const byId = new Map<number, string>()
  for (const { at, type: box } of await boxesIn(source, infos.at + (version === 0 ? 6 : 8), infos.end)) {
    if (box !== 'infe') continue
    const info = await source.bytes(at, 16)
    const isLong = info[0] === 3
    const type = info.toString('latin1', isLong ? 10 : 8, isLong ? 14 : 12)
    if (info[0]! >= 2 && types.includes(type)) byId.set(isLong ? info.readUInt32BE(4) : info.readUInt16BE(4), type)
  }
  return byId
}

/** Items in several pieces are left out: no program writes facts so. */
async function placesById(source: Source, places: Box, data: Box | undefined) {
  const table = await source.bytes(places.at, Math.min(places.end - places.at, 2 ** 20))
  let at = 4
  const next = (size: number) => {
    if (size > 8 || at + size > table.length) throw damaged()
    at += size
    if (size === 0) return 0
    return size === 8 ? Number(table.readBigUInt64BE(at - 8)) : table.readUIntBE(at - size, size)
  }
  const version = table[0]!
  const [sizes, bases] = [next(1), next(1)]
  const count = next(version < 2 ? 2 : 4)
  const found = new Map<number, { at: number; length: number }>()
  for (let item = 0; item < Math.min(count, MOST_ITEMS); item++) {
    const id = next(version < 2 ? 2 : 4)
    const method = version > 0 ? next(2) & 15 : 0
    next(2)
    const base = next(bases >> 4)
    const pieces = next(2)
    for (let piece = 0; piece < pieces; piece++) {
      if (version > 0) next(bases & 15)
      const [offset, length] = [next(sizes >> 4), next(sizes & 15)]
      const start = method === 0 ? 0 : method === 1 ? data?.at : undefined
      if (pieces === 1 && start !== undefined) found.set(id, { at: start + base + offset, length })
    }
  }
  return found
}
