/** Who may do what. Pure: the roles and scopes are repeated as CHECKs in the migration. */
export const ROLES = ['owner', 'member', 'viewer'] as const
export const SCOPES = ['read', 'write', 'admin'] as const

export type Role = (typeof ROLES)[number]
export type Scope = (typeof SCOPES)[number]

const BY_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  owner: ['read', 'write', 'admin'],
  member: ['read', 'write'],
  viewer: ['read'],
}

/** A scope brings the smaller ones with it: who may write may read. */
const INCLUDED: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** All that somebody of this role may do. */
export function scopesOfRole(role: Role): Scope[] {
  return [...BY_ROLE[role]]
}

/** What a token may do now: what it was made for, less what the role of its account no longer allows. */
export function scopesOfToken(role: Role, granted: readonly Scope[]): Scope[] {
  const wide = new Set(granted.flatMap((scope) => INCLUDED[scope]))
  return scopesOfRole(role).filter((scope) => wide.has(scope))
}

/** A clone asks by POST for what it is to be sent: that changes nothing. */
const READS = /^\/git\/[^/]+\/git-upload-pack$/

/** The scope that a request needs. */
export function scopeFor(method: string, path: string): Scope {
  return SAFE.has(method) || READS.test(path) ? 'read' : 'write'
}
