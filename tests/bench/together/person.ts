import type { Ledger } from './ledger.ts'
import { CHANGES, type Chance, PATHS } from './text.ts'

/** The longest that a person looks at a file before they save it, in ms: somebody else has often written meanwhile. */
const THINKS_MS = 60
/** The share of turns in which somebody takes a change of their own back. */
const UNDOES = 0.1

export interface Person {
  name: string
  url: string
  token: string
  project: string
  chance: Chance
  ledger: Ledger
}

/** Edits the files by the API until the time is over, as a person does who reads, thinks and saves. */
export async function editUntil(person: Person, late: number): Promise<void> {
  const own: string[] = []
  for (let turn = 0; Date.now() < late; turn++) {
    const { chance } = person
    if (own.length > 0 && chance.next() < UNDOES)
      await takeBack(person, own.splice(Math.floor(chance.next() * own.length), 1)[0]!)
    else await edit(person, turn, own)
  }
}

async function edit({ name, chance, ledger, ...place }: Person, turn: number, own: string[]): Promise<void> {
  const path = chance.of(PATHS)
  const url = `/api/projects/${place.project}/files/${path}`
  const read = await ask(place, url)
  const etag = read.headers.get('etag')!
  const lines = (await read.text()).split('\n').slice(0, -1)
  await Bun.sleep(chance.next() * THINKS_MS)
  const at = Math.floor(chance.next() * lines.length)
  const line = `${name} ${path.replace('.txt', ':')} ${turn}`
  const gone = chance.next() < CHANGES ? lines[at] : undefined
  if (gone !== undefined) ledger.meant(name, [gone])
  const body = `${lines.toSpliced(at, gone === undefined ? 0 : 1, line).join('\n')}\n`
  const send = (query = '') => ask(place, url + query, { method: 'PUT', body, headers: { 'if-match': etag } })
  let response = await send()
  for (let tries = 0; response.status === 412 && tries < 50; tries++) {
    const { contests } = await response.json()
    const [contest] = contests
    const places = contest.fields[0].merge.places as { place: number; mine: string; theirs: string }[]
    const sides = places.map(() => chance.of(['mine', 'theirs', 'both'] as const))
    ledger.asked(name)
    ledger.meant(
      name,
      places.flatMap(({ mine, theirs }, nth) => dropped(sides[nth]!, mine, theirs)),
    )
    response = await send(`?choose=${sides.map((side, nth) => `${nth}:${side}`).join(',')}&against=${contest.version}`)
  }
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`)
  const { change, merged } = await response.json()
  ledger.saved(name, { line, change, merged })
  own.push(change)
}

/** Lines of a side that was looked at and not taken. */
function dropped(side: 'mine' | 'theirs' | 'both', mine: string, theirs: string): string[] {
  if (side === 'both') return []
  const [kept, left] = side === 'mine' ? [mine, theirs] : [theirs, mine]
  return left.split('\n').filter((line) => line !== '' && !kept.split('\n').includes(line))
}

/** Undoes a change of one's own; where others have built on it, it is left as it is. */
async function takeBack({ name, ledger, ...place }: Person, change: string): Promise<void> {
  const response = await ask(place, `/api/changes/${change}/reversal`, { method: 'POST' })
  if (response.status === 201) ledger.undid(name)
  else if (response.status === 409) ledger.asked(name)
  else throw new Error(`${name}: ${response.status} ${await response.text()}`)
}

function ask({ url, token }: { url: string; token: string }, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(new URL(path, url), { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })
}
