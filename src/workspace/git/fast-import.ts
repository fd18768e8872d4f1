import type { Reader } from '../../db/open.ts'
import type { Blobs } from '../../files/blobs.ts'
import { openFile } from '../files.ts'
import { HEARTH, isLeftOut, messageOf, type Signature } from './commit.ts'
import { factsFor } from './facts.ts'
import { type FileChange, historyForGit } from './history.ts'

const BRANCH = 'refs/heads/main'
const ENCODER = new TextEncoder()

export interface StreamDeps {
  read: Reader
  blobs: Blobs
}

/**
 * A project's history after the change at `after` as `git fast-import` reads it: one commit for each change that touched
 * files. It follows from the changes alone, so that everybody who makes it gets the same commits. It ends with `done`:
 * without that, nothing of it counts.
 */
export async function* importStream(deps: StreamDeps, project: string, after: number): AsyncGenerator<Uint8Array> {
  const facts = factsFor(deps.read)
  let goesOn = after > 0
  for await (const change of historyForGit(deps.read, project, after)) {
    yield text(header(change, await facts(change)))
    if (goesOn) yield text(`from ${BRANCH}^0\n`)
    goesOn = false
    yield* contents(deps, change)
  }
  yield text('done\n')
}

function header(change: FileChange, facts: { author: Signature; model: string | null }): string {
  const when = `${Math.floor(change.at / 1_000)} +0000`
  const message = messageOf(change, facts)
  return [
    `commit ${BRANCH}`,
    `author ${facts.author.name} <${facts.author.email}> ${when}`,
    `committer ${HEARTH.name} <${HEARTH.email}> ${when}`,
    `data ${ENCODER.encode(message).byteLength}`,
    message,
  ].join('\n')
}

/** What goes first: a file may come to lie where a folder was. */
async function* contents(deps: StreamDeps, { files }: FileChange): AsyncGenerator<Uint8Array> {
  const kept = files.filter(({ path }) => !isLeftOut(path))
  for (const { path, after } of kept) if (!after) yield text(`D ${path}\n`)
  for (const { path, after } of kept) {
    if (!after) continue
    const content = await openFile(deps, after)
    yield text(`M 100644 inline ${path}\ndata ${after.bytes}\n`)
    for await (const chunk of content.stream()) yield chunk
    yield text('\n')
  }
}

function text(lines: string): Uint8Array {
  return ENCODER.encode(lines)
}
