import { DomainError } from '../errors.ts'
import { isAway, saidInWords, unreachable } from './remote.ts'

/** The SQLite result code (`SQLITE_BUSY`, `SQLITE_FULL`, …) of a driver's error, looked for along its causes. */
function sqliteCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, extendedCode } = at as Error & { code?: unknown; extendedCode?: unknown }
    const found = [extendedCode, code].find((value) => typeof value === 'string' && value.startsWith('SQLITE_'))
    if (found) return found as string
    if (/^ConnectionFailed\(.*: 14"?\)$/.test(at.message)) return 'SQLITE_CANTOPEN' // the driver says it in words alone
  }
  return undefined
}

/** True for the fault after which @libsql/client 0.18 acknowledges writes that it then loses: see docs/decisions/006. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error) ?? '') || hasCode(error, 'TRANSACTION_ACTIVE')
}

/** True when the failure is of the connection or the disk, so that nothing in flight on it can be trusted. */
export function breaksConnection(error: unknown): boolean {
  return (
    isBusy(error) ||
    isAway(error) ||
    /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|CANTOPEN|READONLY)/.test(sqliteCode(error) ?? '') ||
    hasCode(error, 'TRANSACTION_CLOSED')
  )
}

export function isUniqueViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(sqliteCode(error) ?? '')
}

/** The driver's error as one that a person can act on, also from within what drizzle makes of it; anything unknown comes back as it is. */
export function explainStorage(error: unknown): unknown {
  if (error instanceof DomainError) return error
  const code = sqliteCode(error)
  if (!code) return saidInWords(error) ?? (hasCode(error, 'TRANSACTION_CLOSED') ? unreachable(error) : error)
  if (/^SQLITE_(FULL|IOERR_SHMSIZE)/.test(code) || isNoSpace(error)) return diskFull(error)
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code))
    return new DomainError(
      'data_read_only',
      'The database can’t be opened for writing. Give Hearth the right to write in its data directory, then try again.',
      { severity: 'critical', cause: error },
    )
  if (code.startsWith('SQLITE_IOERR')) return diskFailed(error)
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return new DomainError(
      'database_damaged',
      'The database file is damaged. Stop Hearth and restore the last backup.',
      { severity: 'critical', cause: error },
    )
  if (isBusy(error))
    return new DomainError(
      'database_busy',
      'Another program holds the database. Stop it: one Hearth server owns a data directory.',
      { severity: 'critical', retryable: true, cause: error },
    )
  return error
}

/** The error of a full disk, whichever layer met it first. */
export function diskFull(cause: unknown): DomainError {
  return new DomainError('disk_full', 'The disk is full. Free some space, then retry: nothing half-written was kept.', {
    severity: 'critical',
    cause,
  })
}

/** What the file system says, in words: `disk_full`, `disk_unwritable`, `disk_failed`; anything else comes back as it is. */
export function explainFiles(error: unknown): unknown {
  if (isNoSpace(error)) return diskFull(error)
  if (['EROFS', 'EACCES', 'EPERM'].some((code) => hasCode(error, code)))
    return new DomainError(
      'disk_unwritable',
      'The data directory can’t be written to. Check its disk and its rights, then retry: nothing half-written was kept.',
      { severity: 'critical', cause: error },
    )
  return hasCode(error, 'EIO') ? diskFailed(error) : error
}

function diskFailed(cause: unknown): DomainError {
  return new DomainError(
    'disk_failed',
    'The disk refused to read or write. Check the disk and its free space, then try again.',
    { severity: 'critical', retryable: true, cause },
  )
}

/** True for ENOSPC and EDQUOT of the file system. */
export function isNoSpace(error: unknown): boolean {
  return hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')
}

function hasCode(error: unknown, wanted: string): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ((at as Error & { code?: unknown }).code === wanted) return true
  return false
}
