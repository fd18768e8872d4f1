import type { Launch, LaunchHandle } from '../launcher.ts'

const LOG_LIMIT = 256 * 1024 // bytes of stderr that are kept
const BOOT = '/proc/sys/kernel/random/boot_id'
const MINIMAL_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }

/**
 * Starts the worker once, however often it is asked to: who makes the folder `launch` starts it, all others wait for
 * `launch.pid`. Says its process, the time at which that began and the boot, which together are nobody else's.
 */
export function submitScript({ name, folder, command, env }: Launch): string {
  const variables = Object.entries({ ...MINIMAL_ENV, ...env, HEARTH_LAUNCH: name })
  const words = ['env', '-i', ...variables.map(([key, value]) => `${key}=${value}`), ...command, folder]
  return `
cd ${quoted(folder)} || exit 1
umask 022
if mkdir launch 2>/dev/null; then
  setsid sh -c ${quoted(RUN)} ${name} ${words.map(quoted).join(' ')} </dev/null >/dev/null 2>&1 &
fi
tries=0
while [ ! -e launch.pid ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
cat launch.pid
`
}

/** The leader of the worker's session. Its standard input is a FIFO that nobody closes: the worker goes on without the server. */
const RUN = `
printf '%s %s %s\\n' $$ "$(cut -d' ' -f22 /proc/$$/stat)" "$(cat ${BOOT})" > launch.pid.part
mv launch.pid.part launch.pid
mkfifo launch.in
{
  "$@" 0<>launch.in 2>&1 >/dev/null
  echo $? > launch.exit.part
  mv launch.exit.part launch.exit
} | { head -c ${LOG_LIMIT} > log.txt; cat > /dev/null; }
`

/** Says \`running\`, \`gone\`, or \`gone\` and the exit code. */
export function statusScript(handle: LaunchHandle): string {
  return `
cd ${quoted(String(handle.folder))} 2>/dev/null || { echo gone; exit 0; }
if [ -e launch.exit ]; then echo "gone $(cat launch.exit)"
elif ${runs(handle)}; then echo running
elif [ -e launch.exit ]; then echo "gone $(cat launch.exit)"
else echo gone
fi
`
}

/** Ends the session, and what has left it but bears the launch's mark. */
export function cancelScript(handle: LaunchHandle): string {
  return `
if ${runs(handle)}; then kill -KILL -- -${Number(handle.pid)}; fi
for found in $(grep -lzx ${quoted(`HEARTH_LAUNCH=${handle.name}`)} /proc/[0-9]*/environ 2>/dev/null); do
  pid=\${found#/proc/}
  kill -KILL "\${pid%/environ}" 2>/dev/null
done
tries=0
while ${runs(handle)} && [ $tries -lt 100 ]; do sleep 0.02; tries=$((tries + 1)); done
exit 0
`
}

/** Whether the process is still this one, and no zombie. */
function runs({ pid, startTime, bootId }: LaunchHandle): string {
  const stat = `/proc/${Number(pid)}/stat`
  const same = `[ "$(cut -d' ' -f22 ${stat} 2>/dev/null)" = ${quoted(String(startTime))} ]`
  const alive = `[ "$(cut -d' ' -f3 ${stat} 2>/dev/null)" != Z ]`
  return `{ [ "$(cat ${BOOT})" = ${quoted(String(bootId))} ] && ${same} && ${alive}; }`
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
