type Environment = Record<string, string | undefined>

/**
 * The tests of the sandbox need a real one. Debian's bubblewrap is installed as root when there is none; where that can't
 * be, they fail: what holds generated code must not be taken for granted.
 */
export function bubblewrapForTests(env: Environment): void {
  if (Bun.which('bwrap') !== null) return
  if (process.getuid?.() === 0 && Bun.which('apt-get') !== null) install(env)
  if (Bun.which('bwrap') === null)
    console.error(
      'No bubblewrap here: the tests of the sandbox will fail. Install it (sudo apt-get install bubblewrap).',
    )
}

function install(env: Environment): void {
  console.error('No bubblewrap here: installing it for the tests of the sandbox ...')
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const command of [
    ['apt-get', 'update', '-qq'],
    ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'bubblewrap'],
  ])
    Bun.spawnSync(command, { env: quiet, stdio: ['ignore', 'inherit', 'inherit'] })
}
