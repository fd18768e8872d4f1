import type { Line, Lines, Scope } from './line.ts'

/** One who hears lines as they happen. `deliver` must not block or throw: it would silence others. */
export interface Subscriber {
  scope: Scope
  /** Hears what belongs together, in order: at most the last of them is durable. */
  deliver(lines: Lines): void
  /** Nothing is running any more in its scope, or the server stops. */
  over(reason: 'idle' | 'shutdown'): void
}

/** When live lines wait for each other, since each would be a write for each reader. */
export interface Merging {
  /** Most readers who hear each line by itself. */
  above: number
  /** What came within this time goes out together. */
  ms: number
}

export const MERGING: Merging = { above: 200, ms: 100 }

/** All who hear one scope. */
export interface Audience {
  readonly scope: Scope
  readonly size: number
  /** Lets one more hear, once the others have heard all that it is told by `state` lines. */
  join(subscriber: Subscriber): void
  leave(subscriber: Subscriber): void
  /** Hands on lines that belong together: live ones now or a moment later, any other at once and with it what was waiting. */
  tell(lines: Lines): void
  /** Hands several on at once. */
  tellAll(lines: Lines): void
  /** Hands on what is waiting. */
  flush(): void
  over(reason: 'idle' | 'shutdown'): void
}

/** The audiences of all scopes that somebody hears. */
export interface Audiences extends Iterable<Audience> {
  of(scope: Scope): Audience | undefined
  join(subscriber: Subscriber): void
  leave(subscriber: Subscriber): void
  readonly size: number
}

export function openAudiences(merging: Merging): Audiences {
  const audiences = new Map<string, Audience>()
  return {
    of: (scope) => audiences.get(keyOf(scope)),
    join(subscriber) {
      const key = keyOf(subscriber.scope)
      const audience = audiences.get(key) ?? openAudience(subscriber.scope, merging)
      audiences.set(key, audience)
      audience.join(subscriber)
    },
    leave(subscriber) {
      const key = keyOf(subscriber.scope)
      const audience = audiences.get(key)
      audience?.leave(subscriber)
      if (audience?.size === 0) audiences.delete(key)
    },
    get size() {
      let size = 0
      for (const audience of audiences.values()) size += audience.size
      return size
    },
    [Symbol.iterator]: () => audiences.values(),
  }
}

/** With many readers, live lines go out together each 100 ms; the deltas of a job that follow each other as one. */
function openAudience(scope: Scope, { above, ms }: Merging): Audience {
  const subscribers = new Set<Subscriber>()
  const waiting = waitingLines()
  let due: ReturnType<typeof setTimeout> | undefined

  function tellAll(lines: Lines): void {
    const all = waiting.size === 0 ? lines : [...taken(), ...lines]
    for (const subscriber of subscribers) subscriber.deliver(all)
  }

  function taken(): Line[] {
    clearTimeout(due)
    due = undefined
    return waiting.take()
  }

  function flush(): void {
    if (waiting.size > 0) tellAll([])
  }

  return {
    scope,
    get size() {
      return subscribers.size
    },
    join(subscriber) {
      flush()
      subscribers.add(subscriber)
    },
    leave(subscriber) {
      subscribers.delete(subscriber)
      if (subscribers.size === 0) taken()
    },
    tell(lines) {
      if (subscribers.size <= above || lines.some(({ seq }) => seq !== null)) return tellAll(lines)
      for (const line of lines) waiting.add(line)
      due ??= setTimeout(flush, ms)
    },
    tellAll,
    flush,
    over(reason) {
      flush()
      for (const subscriber of [...subscribers]) subscriber.over(reason)
    },
  }
}

/** Lines in order; a delta joins the one before it, unless its job has said something else since. */
function waitingLines() {
  let lines: Line[] = []
  const open = new Map<string | null, number>() // where each job's last line is, if that is a delta

  function add(line: Line): void {
    const at = line.type === 'delta' ? open.get(line.job) : undefined
    const before = at === undefined ? undefined : lines[at]!
    if (before && before.body.attempt === line.body.attempt) {
      lines[at!] = { ...before, body: { ...before.body, text: `${before.body.text}${line.body.text}` } }
      return
    }
    if (line.type === 'delta') open.set(line.job, lines.length)
    else open.delete(line.job)
    lines.push(line)
  }

  return {
    get size() {
      return lines.length
    },
    add,
    take(): Line[] {
      const all = lines
      lines = []
      open.clear()
      return all
    },
  }
}

function keyOf(scope: Scope): string {
  return 'job' in scope ? `job:${scope.job}` : `project:${scope.project}`
}
