import type { Finding } from './finding.ts'
import { judge, type ScanPolicy } from './policy.ts'
import { scan } from './scan.ts'

export interface Placed extends Finding {
  path: string
}

/** What was found in many files, by what the policy says of it. */
export interface AllJudged {
  blocks: Placed[]
  asks: Placed[]
  notes: Placed[]
}

/** For so long, in ms, other work waits. */
const SLICE_MS = 20

/** Scans all files of a project before something of it is run. Between files it lets others have their turn. */
export async function scanAll(
  files: Iterable<{ path: string; text: string }>,
  policy: ScanPolicy,
  signal?: AbortSignal,
): Promise<AllJudged> {
  const all: AllJudged = { blocks: [], asks: [], notes: [] }
  let since = performance.now()
  for (const { path, text } of files) {
    const { blocks, asks, notes } = judge(scan(path, text), policy)
    const placed = (findings: Finding[]) => findings.map((finding) => ({ path, ...finding }))
    all.blocks.push(...placed(blocks))
    all.asks.push(...placed(asks))
    all.notes.push(...placed(notes))
    if (performance.now() - since < SLICE_MS) continue
    await Bun.sleep(0)
    signal?.throwIfAborted()
    since = performance.now()
  }
  return all
}
