import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import type { ModelFile, ModelProfile } from '../profile.ts'
import { sha256 } from '../spec.ts'
import { isPlain, PICKLE } from './catalogue.ts'
import { type ReachDeps, reach } from './reach.ts'

const MOST_FILES = 2_000
const MOST_ANSWER_BYTES = 8 * 1024 ** 2

/** What the hub says of a repository with `?blobs=true`; large files have the SHA-256 of their content. */
const Listing = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z
    .array(
      z.object({
        rfilename: z.string(),
        size: z.number().int().nonnegative().optional(),
        lfs: z.object({ sha256 }).nullish(),
      }),
    )
    .max(MOST_FILES),
})

/** Shows the token to Hugging Face itself, and to nobody else. */
export function hubKey(token: string | undefined): (url: URL) => string | undefined {
  return ({ protocol, host }) => (protocol === 'https:' && host === 'huggingface.co' ? token : undefined)
}

/**
 * The files of a profile's repository as they are now, each at the commit of this moment: what is added to the repository while they are downloaded
 * makes no mixture. @throws DomainError `download_failed`, `download_host`
 */
export async function filesOfRepo(
  deps: ReachDeps,
  repo: NonNullable<ModelProfile['repo']>,
  signal: AbortSignal,
): Promise<ModelFile[]> {
  await using answer = await reach(deps, `${repo.hub}/api/models/${repo.name}?blobs=true`, {}, signal)
  const listing = answer.response.ok ? Listing.safeParse(await shortJson(answer.response)).data : undefined
  if (!listing) throw noListing(repo, answer.response.status)
  const globs = repo.include.map((pattern) => new Bun.Glob(pattern))
  const wanted = listing.siblings.filter(
    ({ rfilename }) => globs.some((glob) => glob.match(rfilename)) && isTaken(rfilename),
  )
  if (wanted.length === 0) throw noListing(repo, 'no file that this model has')
  return wanted.map(({ rfilename: path, size, lfs }) => ({
    path,
    url: `${repo.hub}/${repo.name}/resolve/${listing.sha}/${path}`,
    ...(lfs && { sha256: lfs.sha256 }),
    ...(size !== undefined && { bytes: size }),
  }))
}

function isTaken(path: string): boolean {
  return isPlain(path) && !PICKLE.test(path) && !/\.(md|png|jpe?g|gif|webp|py|onnx|msgpack|h5)$/i.test(path)
}

async function shortJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MOST_ANSWER_BYTES) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

function noListing({ name, hub }: NonNullable<ModelProfile['repo']>, why: number | string): DomainError {
  const { host } = new URL(hub)
  if (why === 401 || why === 403)
    return new DomainError(
      'download_failed',
      `${host} gives ${name} only to accounts that have asked for it there: ask on the model’s page, and set HEARTH_HF_TOKEN.`,
    )
  const retryable = typeof why === 'number' && (why >= 500 || why === 429)
  return new DomainError('download_failed', `${host} does not list the files of ${name} (${why}).`, { retryable })
}
