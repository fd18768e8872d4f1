import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ZipSource, zipStream } from '../archive.ts'
import { leftOut } from './left-out.ts'
import { MOST_FILES } from './limits.ts'
import { noFile, tooManyFiles } from './refusals.ts'

/** A folder of this machine as a zip, to be sent as an import; what an import leaves out is not sent. @throws Invalid `import_link`, `import_too_many` */
export async function folderZip(folder: string): Promise<ReadableStream<Uint8Array>> {
  const files: ZipSource[] = []
  await collect(folder, '', files)
  return zipStream(files.sort((a, b) => (a.path < b.path ? -1 : 1)))
}

async function collect(folder: string, inside: string, files: ZipSource[]): Promise<void> {
  for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`
    if (leftOut(entry.isDirectory() ? `${path}/x` : path)) continue
    if (entry.isDirectory()) await collect(folder, path, files)
    else if (entry.isFile()) files.push(source(folder, path))
    else throw noFile(path, kindOf(entry))
    if (files.length > MOST_FILES) throw tooManyFiles(MOST_FILES)
  }
}

function source(folder: string, path: string): ZipSource {
  const file = Bun.file(join(folder, path))
  return { path, bytes: file.size, at: file.lastModified, open: async () => file }
}

function kindOf(entry: Dirent): string {
  return entry.isSymbolicLink() ? 'a link to another place' : 'no plain file'
}
