import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodePath } from './urls.ts'

const HOUR_MS = 3_600_000
/** How long a link holds at least; up to an hour more, so that links made in the same hour are the same. */
const HOLDS_HOURS = 2

export interface LinkDeps {
  key: Uint8Array
  now: () => number
}

/** The address of a file below the preview's origin: `/<token>/<path>`. Who has it may see the project's files for 2 to 3 hours. */
export function previewPath({ key, now }: LinkDeps, project: string, path: string): string {
  const lastHour = Math.floor(now() / HOUR_MS) + HOLDS_HOURS + 1
  const claim = Buffer.from(`${lastHour}.${project}`).toString('base64url')
  return `/${claim}.${sign(key, claim)}/${encodePath(path)}`
}

/** The project that a token opens. */
export function readToken({ key, now }: LinkDeps, token: string): { project: string } | 'expired' | 'forged' {
  const [claim = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0 || !same(signature, sign(key, claim))) return 'forged'
  const [, lastHour, project] = /^(\d+)\.(.+)$/s.exec(Buffer.from(claim, 'base64url').toString()) ?? []
  if (!lastHour || !project) return 'forged'
  return now() < Number(lastHour) * HOUR_MS ? { project } : 'expired'
}

function sign(key: Uint8Array, claim: string): string {
  return createHmac('sha256', key).update(`preview:${claim}`).digest('base64url')
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
