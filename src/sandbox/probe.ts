import type { Clock } from '../clock.ts'
import type { HostFolders } from './bubblewrap.ts'
import { runInContainer } from './container.ts'
import { type Limits, limitsWith } from './limits.ts'
import type { Outcome } from './outcome.ts'
import { runInBubblewrap } from './run-bubblewrap.ts'
import type { RunOptions } from './sandbox.ts'

/** What generated code is held in; or why there is nothing, and how to get it. */
export type Found = { kind: 'bubblewrap' | 'container' } | { refused: string }

/** What was found, with the way to run something in it. */
export type Holder = { kind: 'bubblewrap' | 'container'; run(options: RunOptions, limits: Limits): Promise<Outcome> }

/** Where the programs are that hold code; null: not on this machine. */
export interface Programs {
  bubblewrap: string | null
  /** docker or podman. */
  engine: string | null
}

export interface ProbeDeps {
  folders: HostFolders
  clock: Clock
  programs: Programs
  /** The image for containers. */
  image: string | undefined
}

const PATH = '/usr/local/bin:/usr/bin:/bin'
const PROBE_MS = 10_000

export function programsHere(): Programs {
  const which = (name: string) => Bun.which(name, { PATH })
  return { bubblewrap: which('bwrap'), engine: which('podman') ?? which('docker') }
}

/** Finds out by running a trivial command in it: that a program is installed says little about whether the system lets it work. */
export async function findHolder(deps: ProbeDeps): Promise<Holder | { refused: string }> {
  if (process.platform !== 'linux') return refusal('sandboxes need Linux.')
  const first = await triedOut(bubblewrap(deps))
  if ('run' in first) return first
  const second = await triedOut(container(deps))
  return 'run' in second ? second : refusal([first.wrong, second.wrong].filter(Boolean).join(' '))
}

type Tried = Holder | { wrong: string }

function bubblewrap({ folders, clock, programs: { bubblewrap: program } }: ProbeDeps): Tried {
  if (!program) return { wrong: 'bubblewrap is not installed: install it (apt install bubblewrap).' }
  const run: Holder['run'] = (options, limits) => runInBubblewrap({ program, folders, clock }, options, limits)
  return { kind: 'bubblewrap', run }
}

/** A container stands in only where somebody has named an image for it. */
function container({ clock, image, programs: { engine: program } }: ProbeDeps): Tried {
  if (!image) return { wrong: '' }
  if (!program) return { wrong: 'HEARTH_SANDBOX_IMAGE is set, but there is neither podman nor docker.' }
  const run: Holder['run'] = (options, limits) => runInContainer({ engine: { program, image }, clock }, options, limits)
  return { kind: 'container', run }
}

async function triedOut(holder: Tried): Promise<Tried> {
  if ('wrong' in holder) return holder
  const options = { files: [{ path: 'word', content: 'hello' }], command: ['cat', 'word'] }
  const wrong = await whatIsWrong(() => holder.run(options, limitsWith({ wallMs: PROBE_MS })))
  if (wrong === undefined) return holder
  return {
    wrong:
      holder.kind === 'bubblewrap' ? howToMend(wrong) : `No container of HEARTH_SANDBOX_IMAGE can be had (${wrong}).`,
  }
}

async function whatIsWrong(run: () => Promise<Outcome>): Promise<string | undefined> {
  try {
    const { end, tail } = await run()
    if (end.why !== 'exit') return end.said
    return end.code === 0 && tail === 'hello'
      ? undefined
      : `a first program ended with code ${end.code}: ${tail.trim()}`
  } catch (error) {
    return (error as Error).message
  }
}

const WHO = process.getuid?.() === 0 ? 'everybody (a server that is root runs code as nobody)' : 'the server’s user'

/** What bubblewrap complains about, with what to do. */
export function howToMend(wrong: string): string {
  const here = `bubblewrap can’t make a sandbox here (${wrong}).`
  if (/unknown option/i.test(wrong)) return 'bubblewrap is too old: Hearth needs 0.8 or newer.'
  if (/mount proc/i.test(wrong))
    return `${here} The container that Hearth runs in masks /proc: see README.md, “Sandbox”, for what it must allow.`
  if (/Can't (mkdir|find|bind|create)/.test(wrong))
    return `${here} A folder of HEARTH_SANDBOX_READ must be one that ${WHO} can read.`
  if (/namespace|uid map|Operation not permitted|Permission denied|RTM_NEWADDR/i.test(wrong))
    return `${here} The system must allow user namespaces: on Ubuntu by an AppArmor profile for bwrap, or sysctl kernel.apparmor_restrict_unprivileged_userns=0; elsewhere sysctl kernel.unprivileged_userns_clone=1; in a container see README.md, “Sandbox”.`
  return here
}

function refusal(why: string): { refused: string } {
  return { refused: `Nothing that was generated is run on this machine: ${why}` }
}
