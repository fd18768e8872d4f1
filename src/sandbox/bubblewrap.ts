import { closeSync, existsSync, lstatSync, mkdtempSync, openSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { WORK } from './inside.ts'
import type { Limits } from './limits.ts'
import { seccompFilter } from './seccomp.ts'

/** Who runs a sandbox of a server that is root: the kernel bounds the processes of everybody but root. */
const NOBODY = 65_534
/** Who it is inside. */
const USER = 1_000
/** Shared memory of POSIX. */
const SHARED_BYTES = 64 * 1024 * 1024
const RUNTIME = '/opt/hearth/bun'

/** Of the host's `/etc` only what programs need to start: no accounts, no keys, no addresses. */
const SYSTEM_FILES = [
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
]
/** Where Debian keeps the settings of Python, Java, PHP and the like: found by name. */
const SYSTEM_FOLDERS = /^(python3(\.\d+)?|java-\d+-openjdk|php|perl|fonts)$/

const OWN_FILES: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0::/root:/bin/sh\nrunner:x:${USER}:${USER}::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n`,
  '/etc/group': `root:x:0:\nrunner:x:${USER}:\nnogroup:x:65534:\n`,
  '/etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
}

export interface HostFolders {
  /** More folders that a run may read: toolchains. */
  readable: readonly string[]
  /** The server's own, which no run may see, wherever it lies. */
  hidden: readonly string[]
  /** A Bun, or a program that is one when told so: the server's own. */
  runtime: string
}

export type Sandboxed = Bun.Subprocess<'pipe', 'pipe', 'pipe'>

export interface Started {
  child: Sandboxed
  /** Of the child's: what it says of itself, and what bubblewrap says of it. */
  back: number
  status: number
}

/** Starts a command in a sandbox of its own. @throws whatever the system says when it can't be started */
export function startBubblewrap(
  program: string,
  folders: HostFolders,
  limits: Limits,
  { command, env }: { command: string[]; env: Record<string, string> },
): Started {
  const filter = seccompFilter(process.arch)
  const files = [...Object.entries(OWN_FILES), ...(filter ? ([['seccomp', filter]] as const) : [])]
  const handles = readableOnce(files.map(([, content]) => content))
  try {
    const at = new Map(files.map(([name], i) => [name, String(5 + i)]))
    const child = Bun.spawn([program, ...flags(folders, limits, env, at), '--', ...command], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' }, // its own stands in /proc/1/environ, for all inside to read
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', ...handles],
      ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
    }) as Sandboxed
    const [, , , back, status] = child.stdio as unknown as number[]
    return { child, back: back!, status: status! }
  } finally {
    for (const handle of handles) closeSync(handle)
  }
}

function flags(
  folders: HostFolders,
  limits: Limits,
  env: Record<string, string>,
  handles: ReadonlyMap<string, string>,
): string[] {
  const bind = (path: string) => ['--ro-bind-try', path, path]
  const disk = String(limits.diskBytes)
  const filter = handles.get('seccomp')
  return [
    ...['--unshare-all', '--unshare-user', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...['--uid', String(USER), '--gid', String(USER), '--hostname', 'sandbox', '--json-status-fd', '4'],
    ...['--perms', '0755', '--dir', '/etc'],
    ...bind('/usr'),
    ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap(topFolder),
    ...[...SYSTEM_FILES, ...systemFolders()].flatMap(bind),
    ...Object.keys(OWN_FILES).flatMap((path) => ['--ro-bind-data', handles.get(path)!, path]),
    ...['--ro-bind-try', folders.runtime, `${RUNTIME}/bun`],
    ...['--proc', '/proc', '--dev', '/dev', '--size', String(SHARED_BYTES), '--tmpfs', '/dev/shm'],
    ...['--size', disk, '--tmpfs', '/tmp', '--size', disk, '--tmpfs', WORK],
    ...folders.readable.flatMap(bind),
    ...folders.hidden
      .filter((path) => isShown(path, folders))
      .flatMap((path) => ['--tmpfs', path, '--remount-ro', path]),
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...Object.entries({ ...ownEnvironment(folders), ...env }).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', '/', ...(filter ? ['--seccomp', filter] : [])],
  ]
}

/** The few names that programs need; nothing of the server's. */
function ownEnvironment({ readable }: HostFolders): Record<string, string> {
  const more = readable.flatMap((folder) => [join(folder, 'bin'), folder])
  return {
    PATH: [...more, '/usr/local/bin', '/usr/bin', '/bin', '/usr/games', RUNTIME].join(':'),
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    BUN_BE_BUN: '1', // what a program made by Bun needs to hear to be one
  }
}

/** Most systems have it as a link into `/usr`. */
function topFolder(path: string): string[] {
  const seen = lstatSync(path, { throwIfNoEntry: false })
  if (!seen) return []
  return seen.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

function systemFolders(): string[] {
  return [...new Bun.Glob('*').scanSync({ cwd: '/etc', onlyFiles: false })]
    .filter((name) => SYSTEM_FOLDERS.test(name))
    .map((name) => join('/etc', name))
}

function isShown(path: string, { readable }: HostFolders): boolean {
  return existsSync(path) && ['/usr', ...readable].some((folder) => `${path}${sep}`.startsWith(`${folder}${sep}`))
}

/** Opens each content as a file that has no name any more. */
function readableOnce(contents: readonly (string | Uint8Array)[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-sandbox-'))
  try {
    return contents.map((content, i) => {
      const path = join(folder, String(i))
      writeFileSync(path, content)
      return openSync(path, 'r')
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
