import { type Redact, redactor } from './redact.ts'

const LEVELS = { debug: 10, info: 20, warn: 30, error: 40, silent: 99 } as const

export type LogLevel = keyof typeof LEVELS

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** A log that writes one JSON line per entry: `at` (ISO 8601), `level`, `message`, then the fields, without secrets. */
export function openLog(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
  redact: Redact = redactor(),
): Log {
  const plain = (name: string, value: unknown) =>
    typeof value === 'string' ? redact({ [name]: value })[name] : plainError(value)
  const entry =
    (name: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (LEVELS[name] < LEVELS[level]) return
      write(`${JSON.stringify({ at: new Date().toISOString(), level: name, message, ...fields }, plain)}\n`)
    }
  return { debug: entry('debug'), info: entry('info'), warn: entry('warn'), error: entry('error') }
}

function plainError(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
}
