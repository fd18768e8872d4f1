import { kindOf } from '../../files/languages.ts'
import { scanAll } from '../../files/scan/all.ts'
import { freshFindings, inWords, judge, type ScanPolicy } from '../../files/scan/policy.ts'
import { scan } from '../../files/scan/scan.ts'
import type { SandboxFile } from '../../sandbox/tar.ts'

/** Larger files are no code that somebody wrote, bytes; and more than this is not looked through. */
const MOST_FILE = 512 * 1024
const MOST_ALL = 16 * 1024 * 1024

/** What a project's policy wants a person to see before its files are run, a sentence each; none: they may be. */
export async function objections(
  files: readonly SandboxFile[],
  policy: ScanPolicy,
  signal?: AbortSignal,
): Promise<string[]> {
  const { blocks, asks } = await scanAll(textsOf(files), policy, signal)
  return [...blocks, ...asks].map((finding) => `${finding.path}, ${inWords(finding)}`)
}

/** What a project's policy refuses in files that a command has made, as a reason by path: what stood there before is nobody's doing now. */
export async function refusedIn(
  changed: ReadonlyMap<string, Uint8Array>,
  laidIn: readonly SandboxFile[],
  policy: ScanPolicy,
): Promise<Map<string, string>> {
  const before = new Map(laidIn.map((file) => [file.path, file]))
  const refused = new Map<string, string>()
  const came = [...changed].map(([path, content]) => ({ path, content }))
  for (const { path, text } of textsOf(came)) {
    const [was] = [...textsOf([before.get(path) ?? { path, content: '' }])]
    const { blocks } = judge(freshFindings(scan(path, text), scan(path, was?.text ?? '')), policy)
    if (blocks[0]) refused.set(path, inWords(blocks[0]))
    await Bun.sleep(0)
  }
  return refused
}

function* textsOf(files: readonly SandboxFile[]): Generator<{ path: string; text: string }> {
  let bytes = 0
  for (const { path, content } of files) {
    if (kindOf(path) !== 'text' || content.length > MOST_FILE || bytes > MOST_ALL) continue
    bytes += content.length
    yield { path, text: typeof content === 'string' ? content : Buffer.from(content).toString('utf8') }
  }
}
