import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** A pipe in the place of a file is not waited for. */
const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK

/** A file that is held open: what is read of it is what was looked at, whatever its name leads to by now. */
export interface Plain extends Disposable {
  fd: number
  bytes: number
  /** Leads to this very file as long as it is held. */
  path: string
}

/**
 * Opens a file below `root` that a worker may have left; null unless it is a plain file there. A worker may be another user: a
 * link of theirs, in its place or on the way to it, must not show what only the server may read.
 */
export function openPlain(root: string, file: string): Plain | null {
  let fd: number
  try {
    fd = openSync(join(root, file), AT_ONCE | constants.O_NOFOLLOW)
  } catch {
    return null // nothing of this name, a link, or not for us
  }
  const close = () => closeSync(fd)
  const stat = fstatSync(fd)
  if (stat.isFile() && isAt(fd, root, file))
    return { fd, bytes: stat.size, path: pathOf(fd, join(root, file)), [Symbol.dispose]: close }
  close()
  return null
}

/** A folder that is held open: what is written below `path` lies in it, whatever its name leads to by now. */
export interface HeldFolder extends Disposable {
  fd: number
  path: string
}

/** Holds a folder below `root` that a worker may write to; null where it, or what is on the way to it, is a link. */
export function holdFolder(root: string, below: string): HeldFolder | null {
  const place = join(root, below)
  let fd: number
  try {
    fd = openSync(place, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch {
    return null // not there, a link, or not for us
  }
  const close = () => closeSync(fd)
  if (isAt(fd, root, below)) return { fd, path: pathOf(fd, place), [Symbol.dispose]: close }
  close()
  return null
}

/** All of such a file; null where it is none, or longer than `most` bytes. */
export function readPlain(root: string, file: string, most: number): Buffer<ArrayBuffer> | null {
  using held = openPlain(root, file)
  if (!held || held.bytes > most) return null
  return readUpTo(held.fd, held.bytes)
}

/** All of a file in a folder of the owner's, which may be reached by links; null unless it is a plain one of at most `most` bytes. */
export function readShort(path: string, most: number): Buffer<ArrayBuffer> | null {
  let fd: number | undefined
  try {
    fd = openSync(path, AT_ONCE)
    const stat = fstatSync(fd)
    return stat.isFile() && stat.size <= most ? readUpTo(fd, stat.size) : null
  } catch {
    return null // not there, or not for us
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** The same without keeping anybody waiting, for a folder that may lie on a slow disk. */
export async function readShortSoon(path: string, most: number): Promise<Buffer<ArrayBuffer> | null> {
  const file = await open(path, AT_ONCE).catch(() => null)
  try {
    const stat = await file?.stat()
    if (!file || !stat?.isFile() || stat.size > most) return null
    const bytes = Buffer.alloc(stat.size)
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file?.close()
  }
}

/** What is appended meanwhile is left out. */
function readUpTo(fd: number, size: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(size)
  let at = 0
  for (let read = -1; read !== 0 && at < size; at += read) read = readSync(fd, bytes, at, size - at, at)
  return bytes.subarray(0, at)
}

/** Whether what is open lies there, by no link but those above `root`: by the system's own word, where it gives one. */
function isAt(fd: number, root: string, below: string): boolean {
  try {
    const name = process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${fd}`) : realpathSync(join(root, below))
    return name === join(realpathSync(root), below)
  } catch {
    return false // it is gone
  }
}

function pathOf(fd: number, path: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${fd}` : path
}
