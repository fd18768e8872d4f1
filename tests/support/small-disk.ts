import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './database.ts'

/** True where this process may mount a file system of its own. */
export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false
  using folder = temporaryFolder()
  const mounted = mount(folder.path, 1)
  if (mounted) unmount(folder.path)
  return mounted
}

/** A disk of a few MiB, gone with its owner. */
export function smallDisk(mebibytes: number): Disposable & { path: string } {
  const folder = temporaryFolder()
  if (!mount(folder.path, mebibytes)) throw new Error('could not mount a small disk')
  return {
    path: folder.path,
    [Symbol.dispose]() {
      unmount(folder.path)
      folder[Symbol.dispose]()
    },
  }
}

/** Leaves no byte free. Returns the file to remove for space. */
export function fillUp(path: string): string {
  const file = join(path, 'filler')
  const { bavail, bsize } = statfsSync(path)
  writeFileSync(file, Buffer.alloc(bavail * bsize))
  return file
}

function mount(path: string, mebibytes: number): boolean {
  return Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path]).success
}

function unmount(path: string): void {
  Bun.spawnSync(['umount', '-l', path])
}
