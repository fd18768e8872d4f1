/** Words of which names and comments are made: as many as a program of this size has. */
const WORDS =
  'account amount answer archive balance batch bill block book border branch buffer cache card cart case cell change chart check city class clock code color column command config count course cover crop currency cursor customer date day deal default delay detail device discount draft edge editor entry error event export factor field file filter flag folder font form format frame gallery graph group guest handler header height history holder hour image import income index input invoice item job key label language layer layout length level limit line link list loader lock log mail map margin mark match member memo menu merge message meter method model month name note number offer office option order origin owner page pager panel parser part patch path payment period person photo picker plan player point policy post price printer process product profile project query queue quote range rate reader record region report request result review role room route row rule sale sample scale scene schedule score screen search section sender series service session setting shape share sheet shelf shift shop signal size slot source space stage state step stock store stream style table tag target task tax team template term text theme thread ticket tile time title token tool topic total track trade transfer tree trip type unit update upload user value vendor version video view visit voucher wallet week weight widget width window worker writer year zone'.split(
    ' ',
  )
const VERBS =
  'add apply build change check clear close collect compare compute copy count create draw drop edit fetch fill find format gather hide join keep list load lock make map mark match merge move open pack parse pick place print put read remove render reset save scan send show sort split start stop store sum swap take tell test trim turn update use wait walk write'.split(
    ' ',
  )
const TYPES = ['string', 'number', 'boolean', 'Date', 'string[]', 'Map<string, number>', 'Promise<void>', 'unknown']

/** Words that one module uses, of all that there are. */
const OWN_WORDS = 60

/** A module's lines, and the words that it is made of. */
export interface Module {
  words: string[]
  lines: string[]
}

/** Numbers that are the same on every run. */
export type Random = (below: number) => number

/** A generator of numbers by multiplication and a shift (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** A module of some `bytes` bytes, as a model or a person would write one: it compresses as real source code does, 3 to 1. */
export function moduleOf(random: Random, bytes: number): Module {
  const words = Array.from({ length: OWN_WORDS }, () => pick(random, WORDS))
  const lines = [...imports(random, words), '']
  let size = 0
  for (const line of lines) size += line.length + 1
  while (size < bytes) {
    const next = functionOf(random, words)
    lines.push(...next, '')
    for (const line of next) size += line.length + 1
    size++
  }
  return { words, lines }
}

/** The same module after one edit, as they come: mostly a line or two, at times a block, seldom a name or a function. */
export function edited(random: Random, { words, lines }: Module): Module {
  return { words, lines: editedLines(random, words, lines) }
}

function editedLines(random: Random, words: string[], lines: string[]): string[] {
  const at = random(lines.length)
  const chance = random(100)
  if (chance < 50) return lines.with(at, statement(random, words))
  if (chance < 70)
    return lines.toSpliced(at, 0, ...Array.from({ length: 2 + random(6) }, () => statement(random, words)))
  if (chance < 85) return lines.toSpliced(at, 2 + random(4))
  if (chance < 95) return renamed(random, words, lines, at)
  return lines.toSpliced(at, 12, ...functionOf(random, words), '')
}

function renamed(random: Random, words: string[], lines: string[], at: number): string[] {
  const name = /\b[a-z]+[A-Z]\w+/.exec(lines.slice(at).join(' '))?.[0] ?? 'value'
  const other = nameOf(random, words)
  return lines.map((line) => line.replaceAll(name, other))
}

function imports(random: Random, words: string[]): string[] {
  return Array.from({ length: 4 + random(5) }, () => {
    const place = `${random(2) === 0 ? './' : '../'}${word(random, words)}/${word(random, words)}-${word(random, words)}.ts`
    return `import { ${nameOf(random, words)}, type ${typeName(random, words)} } from '${place}'`
  })
}

function functionOf(random: Random, words: string[]): string[] {
  const body = Array.from({ length: 4 + random(9) }, () => statement(random, words))
  return [
    `/** ${sentence(random, words)} */`,
    `export function ${nameOf(random, words)}(${word(random, words)}: ${typeName(random, words)}, ${word(random, words)}: ${pick(random, TYPES)}): ${pick(random, TYPES)} {`,
    ...body,
    `  return ${word(random, words)}.${pick(random, VERBS)}(${word(random, words)})`,
    '}',
  ]
}

function statement(random: Random, words: string[]): string {
  const [a, b, c] = [word(random, words), word(random, words), nameOf(random, words)]
  const made = [
    () => `  const ${a} = ${c}(${b}, ${random(1_000)})`,
    () => `  const { ${a}, ${b} } = await ${c}(${word(random, words)}.${word(random, words)})`,
    () => `  if (${a}.${b} > ${random(100)}) return ${c}('${word(random, words)} ${word(random, words)}')`,
    () => `  for (const ${a} of ${b}) ${c}(${a}.${word(random, words)})`,
    () => `  ${a}.${b} = ${word(random, words)} ?? '${sentence(random, words).toLowerCase()}'`,
    () => `  // ${sentence(random, words)}`,
    () => `  await ${c}({ ${a}: ${random(500)}, ${b}: '${word(random, words)}', ${word(random, words)}: true })`,
  ]
  return pick(random, made)()
}

function sentence(random: Random, words: string[]): string {
  const said = Array.from({ length: 3 + random(7) }, () => word(random, words)).join(' ')
  return `${pick(random, VERBS)} the ${said}`.replace(/^./, (first) => first.toUpperCase())
}

function nameOf(random: Random, words: string[]): string {
  return pick(random, VERBS) + typeName(random, words)
}

function typeName(random: Random, words: string[]): string {
  const name = `${word(random, words)} ${random(2) === 0 ? word(random, words) : ''}`.trim()
  return name.replace(/(?:^| )(\w)/g, (_, first: string) => first.toUpperCase())
}

function word(random: Random, words: string[]): string {
  return pick(random, words)
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)]!
}
