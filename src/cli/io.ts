import type { Config } from '../config.ts'
import { DomainError } from '../errors.ts'

/** What a subcommand has of the terminal and the environment. */
export interface Cli {
  /** Writes one line to standard output. */
  out(text: string): void
  /** Writes one line to standard error. */
  err(text: string): void
  config: Config
  /** All of standard input, as text. */
  stdin(): Promise<string>
  /** Whether a person types at standard input. */
  isTty: boolean
}

/** Exit code for a command line that makes no sense. */
export const USAGE = 2

/** For a subcommand that was given what it has no use for: says so. */
export function takesNothing(name: string, io: Pick<Cli, 'err'>): number {
  io.err(`usage: hearth ${name}   (settings come from the environment or from hearth.toml)`)
  return USAGE
}

/** Runs a subcommand's work; what a person can act on is said in a line instead of a stack, with exit code 1. */
export async function saying(io: Cli, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    io.err(error.message)
    return 1
  }
}
