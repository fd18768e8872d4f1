import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One release of a package, as its registry has it: path -> text, of text files alone. */
export type Release = ReadonlyMap<string, string>

const KEPT = join(import.meta.dir, '../../../dist/bench-packages')

/** A release by the name `name@version`: from the disk, or from the registry with `npm pack`. @throws Error when it can't be had */
export async function release(wanted: string): Promise<Release> {
  const place = join(KEPT, `${wanted.replace('@', '-')}.tgz`)
  if (!existsSync(place)) download(wanted)
  const tar = Bun.gunzipSync(readFileSync(place))
  const files = await new Bun.Archive(tar).files()
  const texts = new Map<string, string>()
  for (const [path, file] of files) if (TEXT.test(path)) texts.set(path.replace(/^[^/]+\//, ''), await file.text())
  return texts
}

const TEXT = /\.(js|ts|md|cjs|mjs)$/

function download(wanted: string): void {
  mkdirSync(KEPT, { recursive: true })
  const { exitCode, stderr } = Bun.spawnSync(['npm', 'pack', wanted, '--silent', '--pack-destination', KEPT])
  if (exitCode !== 0) throw new Error(`npm pack ${wanted}: ${stderr}`)
}
