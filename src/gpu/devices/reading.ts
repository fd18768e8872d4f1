const MIB = 1024 ** 2
/** What tools of AMD call their units: multiples of 1024, whatever the name says. */
const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: MIB, GB: 1024 ** 3, MIB, GIB: 1024 ** 3 }

/** A figure in MiB as bytes; null for `[N/A]`, `[Unknown Error]`, `ERR!` and the like. */
export function mebibytes(field: string): number | null {
  const [, figure] = /^(\d+)(?: MiB)?$/.exec(field) ?? []
  return figure === undefined ? null : Number(figure) * MIB
}

/** Degrees, where the field is a number that a chip can have. */
export function celsius(field: unknown): number | null {
  const degrees = typeof field === 'string' && field.trim() !== '' ? Number(field) : field
  return typeof degrees === 'number' && degrees > 0 && degrees < 200 ? Math.round(degrees) : null
}

/** A whole number that is given as one or as text; null: it is none. */
export function whole(field: unknown): number | null {
  const figure = typeof field === 'string' && field.trim() !== '' ? Number(field) : field
  return typeof figure === 'number' && Number.isFinite(figure) && figure >= 0 ? Math.round(figure) : null
}

/** `{"value": 24560, "unit": "MB"}` as bytes; a plain number is MB. */
export function sized(field: unknown): number | null {
  const { value, unit } = isRecord(field) ? field : { value: field, unit: 'MB' }
  const figure = whole(value)
  const bytes = UNITS[String(unit).toUpperCase()]
  return figure === null || bytes === undefined ? null : figure * bytes
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** The JSON in what a tool said, behind the warnings that some print before it; undefined: there is none. */
export function jsonIn(text: string): unknown {
  const at = text.search(/^\s*[[{]/m)
  try {
    return at < 0 ? undefined : JSON.parse(text.slice(at))
  } catch {
    return undefined // cut off, or no JSON at all: the caller says what that means
  }
}
