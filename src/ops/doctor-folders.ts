import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { bytes } from '../web/format.ts'
import type { DoctorDeps } from './doctor.ts'
import { bad, type Finding, ok, warn } from './finding.ts'

const GIB = 1024 ** 3
const LITTLE_BYTES = 2 * GIB
const TOO_LITTLE_BYTES = GIB / 10
const MOUNTS = '/proc/self/mounts'

/** Whether the data directory, or where it will be made, can be written to and has room. */
export function examineData({ config: { data } }: Pick<DoctorDeps, 'config'>): Finding[] {
  const name = 'data directory'
  const place = nearestExisting(data)
  if (!isWritable(place)) return [bad(name, `${place} can’t be written to. Change its rights, or set HEARTH_DATA.`)]
  const { bavail, bsize } = statfsSync(place)
  const free = bavail * bsize
  const says = `${data}${place === data ? '' : ' (made at the first start)'}, ${bytes(free)} free`
  if (free < TOO_LITTLE_BYTES) return [bad(name, `${says}: too little to work. Free some space.`)]
  if (free < LITTLE_BYTES) return [warn(name, `${says}: enough for text, not for many pictures. Free some space.`)]
  return [ok(name, says)]
}

/** The database driver unpacks itself there and is mapped as code: a `noexec` mount keeps the binary from starting. */
export function examineTemporary(tmp: string, mounts = readMounts()): Finding[] {
  const name = 'temporary files'
  if (!existsSync(tmp) || !isWritable(tmp))
    return [bad(name, `${tmp} can’t be written to. Set TMPDIR to a folder that can.`)]
  const mount = mountOf(tmp, mounts)
  if (!mount) return [ok(name, `${tmp} can be written to`)]
  if (mount.options.includes('noexec'))
    return [bad(name, `${tmp} is mounted noexec. Set TMPDIR to a folder that isn’t, or mount it with exec.`)]
  return [ok(name, `${tmp} can be written to and holds executable code`)]
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false // the answer to the question
  }
}

function readMounts(): string {
  return existsSync(MOUNTS) ? readFileSync(MOUNTS, 'utf8') : ''
}

/** The last mount on the longest path that holds `path` is the one that is seen. */
function mountOf(path: string, mounts: string): { point: string; options: string[] } | undefined {
  const whole = `${resolve(path)}/`
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields.length >= 4)
    .map(([, point, , options]) => ({ point: point!.replaceAll('\\040', ' '), options: options!.split(',') }))
    .filter(({ point }) => whole.startsWith(point.endsWith('/') ? point : `${point}/`))
    .reduce<{ point: string; options: string[] } | undefined>(
      (best, one) => (best && best.point.length > one.point.length ? best : one),
      undefined,
    )
}
