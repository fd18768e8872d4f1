import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readShortSoon } from '../plain.ts'
import { type ModelFile, type ModelProfile, modelProfile } from '../profile.ts'
import { readLine } from '../protocol.ts'
import { type Stamped, stampOf } from './hashes.ts'
import type { Left } from './scan.ts'

/** What a download writes last, beside the files: what they are, and what they were when they came. */
export const RECEIPT = 'hearth.json'
const MOST_RECEIPT_BYTES = 4 * 1024 ** 2

export const receipt = z.object({
  profile: modelProfile,
  files: z.array(
    z.object({
      path: z.string(),
      part: z.string().optional(),
      sha256: z.string(),
      bytes: z.number(),
      from: z.string(),
    }),
  ),
  at: z.number(),
})

export type Receipt = z.infer<typeof receipt>

/** A model in Hearth's own layout, `<family>/<name>/`, all of whose files are there. */
export interface OwnModel {
  profile: ModelProfile
  folder: string
  files: (Stamped & Pick<ModelFile, 'path' | 'part'> & { place: string })[]
}

/** The models of Hearth's own folder that it knows: by the receipt of a download, or since a profile names just these files. */
export async function ownModels(
  root: string,
  profiles: Map<string, ModelProfile>,
): Promise<{ models: OwnModel[]; left: Left[] }> {
  const models: OwnModel[] = []
  const left: Left[] = []
  for (const id of await foldersOf(root)) {
    const folder = join(root, id)
    const kept = await receiptOf(folder)
    const profile = profiles.get(id) ?? kept?.profile
    const wanted: Pick<ModelFile, 'path' | 'part' | 'bytes'>[] = kept?.files ?? profile?.files ?? []
    if (!profile || wanted.length === 0) continue
    const files = await Promise.all(wanted.map((file) => there(folder, file)))
    const missing = wanted.filter((_, i) => !files[i])
    if (missing.length === 0) models.push({ profile, folder, files: files as OwnModel['files'] })
    else
      left.push({
        path: folder,
        why: `Not whole: ${missing.map(({ path }) => path).join(', ')} is missing, or has another size. Add it again.`,
      })
  }
  return { models, left }
}

async function there(folder: string, { path, part, bytes }: Pick<ModelFile, 'path' | 'part' | 'bytes'>) {
  const place = join(folder, path)
  const stamped = await stampOf(place).catch(() => null)
  if (!stamped || (bytes !== undefined && stamped.bytes !== bytes)) return null
  return { ...stamped, path, part, place }
}

/** What a download has noted of a model; undefined where it came otherwise. */
export async function receiptOf(folder: string): Promise<Receipt | undefined> {
  const text = await readShortSoon(join(folder, RECEIPT), MOST_RECEIPT_BYTES)
  return (text && readLine(receipt, text.toString('utf8'))) ?? undefined // copied by hand: the profile says what belongs there
}

/** `family/name` of each folder. */
async function foldersOf(root: string): Promise<string[]> {
  const inside = async (folder: string) =>
    (await readdir(folder, { withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort()
  const ids: string[] = []
  for (const family of await inside(root))
    for (const name of await inside(join(root, family))) ids.push(`${family}/${name}`)
  return ids
}
