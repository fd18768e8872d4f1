/** What a line of pip's or uv's output tells. */
export type Word =
  | { type: 'package'; name: string; bytes: number | null }
  | { type: 'bytes'; done: number; total: number }
  | { type: 'installing'; packages: number }

const UNITS: Record<string, number> = {
  B: 1,
  bytes: 1,
  kB: 1_000,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}
const SIZE = /\((\d+(?:\.\d+)?) ?(B|bytes|kB|KiB|MB|MiB|GB|GiB)\)\s*$/

/** Reads a line of an installer that writes to a pipe; undefined when it tells nothing that is worth showing. Pure. */
export function readWord(line: string): Word | undefined {
  const raw = /^Progress (\d+) of (\d+)$/.exec(line)
  if (raw) return { type: 'bytes', done: Number(raw[1]), total: Number(raw[2]) }
  const fetched = /^\s*(?:Downloading|Using cached|Processing|Downloaded) (\S+?)(?<!\.metadata)(?: |$)/.exec(line)
  if (fetched) return { type: 'package', name: packageOf(fetched[1]!), bytes: sizeIn(line) }
  const placed = /^ \+ (\S+?)==\S+$/.exec(line)
  if (placed) return { type: 'package', name: placed[1]!, bytes: null }
  const all = /^Installing collected packages: (.+)$/.exec(line)
  if (all) return { type: 'installing', packages: all[1]!.split(', ').length }
  const prepared = /^Prepared (\d+) packages? in /.exec(line)
  return prepared ? { type: 'installing', packages: Number(prepared[1]) } : undefined
}

/** Why an installer failed, as its last words show it. Pure. */
export function failureIn(text: string): 'hash' | 'disk' | 'network' | 'nothing_fits' | 'other' {
  if (/do not match the hashes|Hash mismatch|hashes are required|must have their versions pinned/i.test(text))
    return 'hash'
  if (/No space left on device/i.test(text)) return 'disk'
  if (
    /connection (broken|error|refused|reset)|ConnectionError|ConnectTimeout|ReadTimeout|NewConnectionError|name resolution|dns error|error sending request|Network is unreachable|timed out|Failed to fetch|Max retries|HTTP error/i.test(
      text,
    )
  )
    return 'network'
  return /No matching distribution|has no wheels|no version of|not found in the package registry/i.test(text)
    ? 'nothing_fits'
    : 'other'
}

/** `torch-2.15.0-cp312-….whl` -> `torch`; pip may give a whole address. */
function packageOf(file: string): string {
  return file.split('/').at(-1)!.split('-')[0]!
}

function sizeIn(line: string): number | null {
  const [, number, unit] = SIZE.exec(line) ?? []
  return number ? Math.round(Number(number) * UNITS[unit!]!) : null
}
