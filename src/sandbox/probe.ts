import type { Clock } from '../clock.ts'
import type { HostFolders } from './bubblewrap.ts'
import { limitsWith } from './limits.ts'
import { runInBubblewrap } from './run-bubblewrap.ts'

/** What generated code is held in; or why there is nothing, and how to get it. */
export type Found = { kind: 'bubblewrap' | 'container' } | { refused: string }

const PROBE_MS = 10_000

/** Finds out by running a trivial command in it: that a program is installed says little about whether the system lets it work. */
export async function findSandbox(deps: { folders: HostFolders; clock: Clock }): Promise<Found> {
  if (process.platform !== 'linux') return refusal('Sandboxes need Linux.')
  if (!Bun.which('bwrap', { PATH: '/usr/local/bin:/usr/bin:/bin' }))
    return refusal('bubblewrap is not installed: install it (apt install bubblewrap).')
  const wrong = await triedOut(deps)
  return wrong === undefined ? { kind: 'bubblewrap' } : refusal(howToMend(wrong, deps.folders))
}

async function triedOut(deps: { folders: HostFolders; clock: Clock }): Promise<string | undefined> {
  const options = { files: [{ path: 'word', content: 'hello' }], command: ['cat', 'word'] }
  try {
    const { end, tail } = await runInBubblewrap(deps, options, limitsWith({ wallMs: PROBE_MS }))
    if (end.why !== 'exit') return end.said
    return end.code === 0 && tail === 'hello'
      ? undefined
      : `a first program ended with code ${end.code}: ${tail.trim()}`
  } catch (error) {
    return (error as Error).message
  }
}

const WHO = process.getuid?.() === 0 ? 'everybody (a server that is root runs code as nobody)' : 'the server’s user'

function howToMend(wrong: string, folders: HostFolders): string {
  if (/unknown option/i.test(wrong)) return 'bubblewrap is too old: Hearth needs 0.8 or newer.'
  if (/Can't (mkdir|find|bind|create|mount)/.test(wrong) && folders.readable.length > 0)
    return `a folder of HEARTH_SANDBOX_READ can’t be shown to it (${wrong}): ${WHO} must be able to read it.`
  if (/mount proc/i.test(wrong))
    return `the container that Hearth runs in masks /proc (${wrong}). See README.md, “Sandbox”, for what it must allow.`
  if (/namespace|uid map|Operation not permitted|Permission denied|RTM_NEWADDR/i.test(wrong))
    return `bubblewrap can’t make a sandbox here (${wrong}). The system must allow user namespaces: on Ubuntu by an AppArmor profile for bwrap, or sysctl kernel.apparmor_restrict_unprivileged_userns=0; elsewhere sysctl kernel.unprivileged_userns_clone=1; in a container see README.md, “Sandbox”.`
  return `bubblewrap can’t make a sandbox here (${wrong}).`
}

function refusal(why: string): Found {
  return { refused: `Nothing that was generated is run on this machine: ${why}` }
}
