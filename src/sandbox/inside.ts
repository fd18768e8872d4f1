import { fileBlocks, type Limits, OPEN_FILES } from './limits.ts'

/** Said on the third stream when the files are there and the command is about to start, and how it has ended; then comes a tar. */
export const READY = 'ready'
export const EXITED = /^exit (\d+)$/
/** The exit code of a sandbox that could not be made ready. */
export const NOT_READY = 120
export const WORK = '/work'

/** Folders of tools and caches: never taken back. */
export const LEFT_BEHIND = [
  'node_modules',
  '.git',
  '__pycache__',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '.venv',
  '.cache',
  'target',
] as const

/**
 * What runs first inside: lays out the files from standard input, lowers the limits of what it starts (the kernel lets
 * nobody raise them again), waits for it, ends all that it has left running, and only then packs what is there into the
 * third stream. The command itself has neither that stream nor an input.
 */
const SCRIPT = `
cpu=$1 blocks=$2 open=$3 memory=$4 processes=$5 back=$6
shift 6
tar -xf - -C ${WORK} || exit ${NOT_READY}
exec </dev/null
echo ready >&3
(
  exec 3>&-
  echo 1000 2>/dev/null >/proc/self/oom_score_adj
  ulimit -c 0 && ulimit -t "$cpu" && ulimit -f "$blocks" && ulimit -n "$open" && ulimit -d "$memory" || exit ${NOT_READY}
  ulimit -u "$processes" 2>/dev/null || ulimit -p "$processes" || exit ${NOT_READY}
  cd ${WORK} || exit ${NOT_READY}
  exec nice -n 10 "$@"
)
code=$?
kill -s KILL -- -1 2>/dev/null
echo "exit $code" >&3
[ "$back" = 0 ] || tar -cf - ${LEFT_BEHIND.map((name) => `--exclude=${name}`).join(' ')} -C ${WORK} . >&3 2>/dev/null
exit "$code"
`

/** The command line of the first process inside. */
export function insideCommand(command: readonly string[], limits: Limits, takesBack: boolean): string[] {
  const numbers = [
    limits.cpuSeconds,
    fileBlocks(limits),
    OPEN_FILES,
    Math.ceil(limits.memoryBytes / 1024),
    limits.processes,
    takesBack ? 1 : 0,
  ]
  return ['/bin/sh', '-c', SCRIPT, 'sandbox', ...numbers.map(String), ...command]
}
