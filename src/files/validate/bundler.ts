import type { Fault } from './fault.ts'

/** What Bun's bundler says against one text. Everything that the text refers to is left alone, on disk or not. */
export async function bundle(name: string, text: string): Promise<Fault[]> {
  const path = `/nowhere/${name}`
  const options = { entrypoints: [path], files: { [path]: text }, external: ['*'], throw: false, target: 'browser' }
  try {
    const { logs } = await Bun.build(options as Bun.BuildConfig)
    return logs.filter(({ level }) => level === 'error').flatMap(faultsOf)
  } catch (error) {
    return faultsOf(error)
  }
}

/** The faults that one of Bun's parsers has thrown. */
export function faultsOf(error: unknown): Fault[] {
  if (error instanceof AggregateError) return error.errors.flatMap(faultsOf)
  const { message, position, level } = error as Error & Partial<Pick<BuildMessage, 'position' | 'level'>>
  if (level !== undefined && level !== 'error') return [] // a warning about code that it understands
  return [position ? { line: position.line, column: position.column, message } : { message }]
}
