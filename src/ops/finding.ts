export type Level = 'ok' | 'warn' | 'bad'

/** What one look found: `says` is what is, and what to do about it when it isn't `ok`. */
export interface Finding {
  name: string
  level: Level
  says: string
}

export function ok(name: string, says: string): Finding {
  return { name, level: 'ok', says }
}

export function warn(name: string, says: string): Finding {
  return { name, level: 'warn', says }
}

export function bad(name: string, says: string): Finding {
  return { name, level: 'bad', says }
}
