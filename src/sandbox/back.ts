import { projectPath } from '../files/paths.ts'
import { LEFT_BEHIND } from './inside.ts'
import type { Limits } from './limits.ts'
import type { Back } from './outcome.ts'
import { BadTar, type SandboxFile, TooLong, unpacked } from './tar.ts'

const MOST_NAMED = 100 // left-out files that are told by name
/** What stands for bytes that are no text. */
const NO_UTF8 = '\uFFFD'

/** Reads what a run gives back: all of it or, in words, why not. Nothing that it says is followed; names must be good paths. */
export async function readBack(
  stream: AsyncIterable<Uint8Array>,
  given: readonly SandboxFile[],
  limits: Limits,
): Promise<Back | { refused: string }> {
  // whatever is longer than all that was given and all that may come back has changed: it is not read into memory
  const longest = given.reduce((most, { content }) => Math.max(most, Buffer.byteLength(content)), limits.backBytes)
  const before = new Map(given.map(({ path, content }) => [path, hashOf(content)]))
  const back: Back = { changed: new Map(), gone: [], left: [] }
  const seen = new Set<string>()
  let bytes = 0
  try {
    for await (const entry of unpacked(stream, longest)) {
      const path = goodPath(entry.path, back)
      if (path === undefined) continue
      if ('special' in entry) {
        leave(back, path, 'it is a link or a device, not a file')
        continue
      }
      seen.add(path)
      if (before.get(path) === hashOf(entry.content)) continue
      bytes += entry.content.byteLength
      if (bytes > limits.backBytes) return tooLong(limits)
      back.changed.set(path, entry.content)
      if (back.changed.size > limits.backFiles) return tooMuch(`more than ${limits.backFiles} files`)
    }
  } catch (error) {
    if (error instanceof TooLong) return tooLong(limits)
    if (error instanceof BadTar) return { refused: 'What it left could not be read, so none of it was taken.' }
    throw error
  }
  back.gone = [...before.keys()].filter((path) => !seen.has(path))
  return back
}

function goodPath(path: string, back: Back): string | undefined {
  if (path === '' || path === '.' || path.split('/').some((part) => (LEFT_BEHIND as readonly string[]).includes(part)))
    return undefined
  if (path.includes(NO_UTF8)) return leave(back, path, 'its name is no UTF-8')
  try {
    return projectPath(path)
  } catch (error) {
    return leave(back, path, (error as Error).message)
  }
}

function leave({ left }: Back, path: string, why: string): undefined {
  if (left.length < MOST_NAMED) left.push({ path: path.slice(0, 200), why })
}

function tooLong({ backBytes }: Limits): { refused: string } {
  return tooMuch(`more than ${Math.round(backBytes / 1024 / 1024)} MB`)
}

function tooMuch(what: string): { refused: string } {
  return { refused: `It left ${what}, new or changed: none of them was taken.` }
}

function hashOf(content: Uint8Array | string): string {
  return new Bun.CryptoHasher('sha256').update(content).digest('hex')
}
