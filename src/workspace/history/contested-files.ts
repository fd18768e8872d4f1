import type { Contest } from '../../changes/contest.ts'
import { type ContestAnswer, contestAnswer } from '../../changes/contest-answer.ts'
import { type BlobRef, type Blobs, isBlobMissing } from '../../files/blobs.ts'
import { exactText } from '../exact-text.ts'
import { FILE } from '../file-entity.ts'
import { rawUrl } from '../urls.ts'

/** Longest content that an answer holds as text, in bytes: of a longer one it says where it is. */
const MOST_TOLD = 256_000

/** One of the three contents of a contested file. */
export interface ContestedContent extends BlobRef {
  /** Null where it is no text, or too long. */
  text: string | null
  url: string | null
}

/** Contests as the API tells them, with the contents of files instead of their names. */
export function tellContests(deps: { blobs: Blobs }, project: string, contests: Contest[]): Promise<ContestAnswer[]> {
  return Promise.all(contests.map((contest) => tellContest(deps, project, contest)))
}

async function tellContest(deps: { blobs: Blobs }, project: string, contest: Contest): Promise<ContestAnswer> {
  const answer = contestAnswer(contest)
  if (contest.entity !== FILE) return answer
  const url = (version: number) => (version > 0 ? `${rawUrl(project, contest.id)}?version=${version}` : null)
  const fields = answer.fields.map(async (field) => ({
    ...field,
    base: await contentOf(deps, field.base, url(contest.seen)),
    mine: await contentOf(deps, field.mine, null),
    theirs: await contentOf(deps, field.theirs, url(contest.version)),
  }))
  return { ...answer, fields: await Promise.all(fields) }
}

async function contentOf(deps: { blobs: Blobs }, value: unknown, url: string | null): Promise<ContestedContent | null> {
  if (value === null) return null
  const { hash, bytes } = value as BlobRef
  return { hash, bytes, text: bytes > MOST_TOLD ? null : await textOf(deps, { hash, bytes }), url }
}

/** What a merge would have made was not kept. */
async function textOf(deps: { blobs: Blobs }, blob: BlobRef): Promise<string | null> {
  try {
    const text = await exactText(deps, blob)
    return text === undefined || text.includes('\0') ? null : text
  } catch (error) {
    if (isBlobMissing(error)) return null
    throw error
  }
}
