import { kindOf } from '../../files/languages.ts'
import { inWords, judge, type ScanPolicy } from '../../files/scan/policy.ts'
import { scan } from '../../files/scan/scan.ts'
import type { SandboxFile } from '../../sandbox/tar.ts'

/** Larger files are no code that somebody wrote, bytes; and more than this is not looked through. */
const MOST_FILE = 512 * 1024
const MOST_ALL = 16 * 1024 * 1024

/** What a project's policy wants a person to see before its files are run, a sentence each; none: they may be. */
export function objections(files: readonly SandboxFile[], policy: ScanPolicy): string[] {
  const said: string[] = []
  let bytes = 0
  for (const { path, content } of files) {
    if (kindOf(path) !== 'text' || content.length > MOST_FILE || bytes > MOST_ALL) continue
    bytes += content.length
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('utf8')
    const { blocks, asks } = judge(scan(path, text), policy)
    said.push(...[...blocks, ...asks].map((finding) => `${path}, ${inWords(finding)}`))
  }
  return said
}
