import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin']

type Environment = Record<string, string | undefined>

/**
 * The proxy for the tests: the one that `NGINX` names, or one that is installed. Debian's is installed as root when there
 * is none; where that can't be, undefined, and the tests that need it are skipped.
 */
export function nginxForTests(env: Environment): string | undefined {
  const found = foundNginx(env) ?? installedNginx(env)
  if (!found)
    console.error(
      'No nginx here: the tests of streams behind it are skipped. Install it (sudo apt-get install nginx-light), or name it in NGINX.',
    )
  return found
}

export function foundNginx(env: Environment): string | undefined {
  if (env.NGINX) return env.NGINX
  const folders = [...(env.PATH ?? '').split(delimiter), ...USUAL_FOLDERS]
  return folders.map((folder) => join(folder, 'nginx')).find((place) => existsSync(place))
}

function installedNginx(env: Environment): string | undefined {
  if (process.getuid?.() !== 0 || Bun.which('apt-get') === null) return undefined
  console.error('No nginx here: installing one for the tests of streams ...')
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const command of [
    ['apt-get', 'update', '-qq'],
    ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'nginx-light'],
  ])
    Bun.spawnSync(command, { env: quiet, stdio: ['ignore', 'inherit', 'inherit'] })
  return foundNginx(env)
}
