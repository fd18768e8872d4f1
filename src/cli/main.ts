import { type Config, readConfig } from '../config.ts'
import { explainStorage } from '../db/faults.ts'
import { DomainError } from '../errors.ts'
import { VERSION } from '../ops/version.ts'
import { type Cli, USAGE } from './io.ts'

type Run = (args: string[], io: Cli) => Promise<number>

interface Command {
  help: string
  load: () => Promise<{ run: Run }>
  /** All that it takes, where one line is too short for that. */
  how?: () => Promise<string>
}

/** The subcommands; each is loaded only when it is asked for. */
const COMMANDS: Record<string, Command> = {
  serve: { help: 'run the server', load: () => import('./serve.ts') },
  make: {
    help: '"<brief>" [--model M] [--tier T] [--out DIR] [--force] [--json]   make a project',
    load: () => import('./make.ts'),
  },
  render: {
    help: '"PROMPT" [--model M] [--size WxH] [--count N] [--init FILE] [--out DIR] | again FILE [--out DIR]   render a picture, or the same one again',
    load: () => import('./render.ts'),
    how: async () => (await import('./render-order.ts')).HOW,
  },
  import: {
    help: 'DIR|ZIP [--project ID] [--mode replace|keep-both|skip] [--json]   bring files into a project, or start one from them',
    load: () => import('./import.ts'),
  },
  jobs: {
    help: '[PROJECT] [--state STATE] | cancel|retry|pause|resume PROJECT   list the jobs, or move all of a project',
    load: () => import('./jobs.ts'),
  },
  job: {
    help: 'ID | cancel|retry|pause|resume ID [--from-scratch] | raise ID [--to N]   look at a job, or move it',
    load: () => import('./job.ts'),
  },
  account: { help: 'add EMAIL [--role ROLE]   add an account', load: () => import('./account.ts') },
  token: { help: 'add NAME --account EMAIL [--scope S]   make an API token', load: () => import('./token.ts') },
  gpu: {
    help: 'setup [ENGINE] | devices | forget [MODEL]   what pictures are made on, and what that needs',
    load: () => import('./gpu.ts'),
    how: async () => (await import('./gpu.ts')).usage(),
  },
  doctor: { help: 'look at what Hearth needs, and how it is', load: () => import('./doctor.ts') },
  backup: {
    help: 'FILE [--include-key] [--force]   save everything to one file, also while the server runs',
    load: () => import('./backup.ts'),
  },
  restore: {
    help: 'FILE [--force]   put a backup into the data directory',
    load: () => import('./restore.ts'),
  },
  models: {
    help: 'list | add ID|URL|PATH [--accept-licence] | verify [ID] | remove ID   what pictures are made with',
    load: () => import('./models.ts'),
    how: async () => (await import('./models.ts')).HOW,
  },
  schedules: { help: 'list what runs by itself, and when', load: () => import('./schedules.ts') },
  schedule: {
    help: 'add | pause | resume | run | time | remove …   change a schedule, or run it now',
    load: () => import('./schedule.ts'),
  },
  openapi: { help: 'print the API as an OpenAPI document', load: () => import('./openapi.ts') },
  health: { help: 'ask the running server whether it is ready', load: () => import('./health.ts') },
}

/** Runs one command line; returns its exit code. */
export async function main([name, ...args]: string[], env: Record<string, string | undefined>): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return print(help())
  if (name === '--version' || name === 'version') return print(VERSION)
  const command = COMMANDS[name]
  if (!command) {
    process.stderr.write(`There is no command “${name}”.\n\n${help()}\n`)
    return USAGE
  }
  if (asksForHelp(args)) return print((await command.how?.()) ?? `usage: hearth ${name} ${command.help}`)
  try {
    const { run } = await command.load()
    return await run(args, terminal(readConfig(env)))
  } catch (error) {
    const known = explainStorage(error)
    if (!(known instanceof DomainError)) throw error
    process.stderr.write(`${known.message}\n`)
    return 1
  }
}

/** What a process's exit code is when a pipe's reader has gone, as shells count it. */
const BROKEN_PIPE = 141

function terminal(config: Config): Cli {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(BROKEN_PIPE) // nobody reads any more, as in `hearth make --json | head`
  })
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    config,
    stdin: () => Bun.stdin.text(),
    isTty: process.stdin.isTTY === true,
  }
}

function asksForHelp(args: string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  hearth ${name.padEnd(8)} ${help}`)
  return `Hearth ${VERSION}: a self-hosted AI project studio.\n\n${lines.join('\n')}\n\nSettings come from the environment or from hearth.toml in the data directory; see README.md.`
}
