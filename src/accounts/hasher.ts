import { DomainError } from '../errors.ts'

/** One verify takes 64 MiB and a tenth of a second of a core: more at once would let anybody fill the memory. */
const AT_ONCE = 3
const MOST_WAITING = 30
const COME_BACK_MS = 3_000

/** The parameters that Bun's default writes; a stored hash that starts otherwise is made anew at the next sign-in. */
export const PRESENT_PARAMETERS = '$argon2id$v=19$m=65536,t=2,p=1$'
/** What the password of nobody is compared with: a hash, of random bytes that were thrown away, which takes as long as a real one. */
const NOBODY = `${PRESENT_PARAMETERS}zonFwmk445t9EBP18xHIKBysHrnq+DBPQdjsYT+54MM$W0TihmcR+niyGAxJOD6inV++tuP/uRBmvNJ3kKlHyw4`

export interface Hasher {
  /** argon2id, with fresh salt. */
  hash(password: string): Promise<string>
  /** Takes as long for an unknown account (`undefined`, always false) as for a known one. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}

/**
 * Hashes passwords, a few at a time with a short queue. Both may throw DomainError `sign_in_busy`, which is retryable.
 * @param slow stands in for Bun.password in tests
 */
export function openHasher(slow: Pick<typeof Bun.password, 'hash' | 'verify'> = Bun.password): Hasher {
  const waiting: (() => void)[] = []
  let busy = 0

  async function takeTurn<T>(work: () => Promise<T>): Promise<T> {
    if (busy >= AT_ONCE) await standInLine()
    else busy++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else busy--
    }
  }

  function standInLine(): Promise<void> {
    if (waiting.length >= MOST_WAITING) throw tooBusy()
    return new Promise((resolve) => waiting.push(resolve))
  }

  return {
    hash: (password) => takeTurn(() => slow.hash(spelling(password))),
    verify: (password, hash) =>
      takeTurn(async () => (await slow.verify(spelling(password), hash ?? NOBODY)) && hash !== undefined),
  }
}

/** The same letters typed on another keyboard may come as other code points. */
function spelling(password: string): string {
  return password.normalize('NFKC')
}

function tooBusy(): DomainError {
  return new DomainError('sign_in_busy', 'Too many people are signing in right now. Try again in a few seconds.', {
    retryable: true,
    retryAfterMs: COME_BACK_MS,
  })
}
