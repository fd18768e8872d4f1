import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from '@playwright/test'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const USUAL_FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin']

type Environment = Record<string, string | undefined>

/**
 * The browser for the tests: the one that `CHROMIUM` names, one on the PATH, or Playwright's own. Installs one when
 * there is none: Debian's as root, else Playwright's. @throws Error with what to do when none can be had.
 */
export function chromiumForTests(env: Environment): string {
  return foundChromium(env) ?? installedChromium(env)
}

function foundChromium(env: Environment): string | undefined {
  if (env.CHROMIUM) return env.CHROMIUM
  const folders = [...(env.PATH ?? '').split(delimiter), ...USUAL_FOLDERS]
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...places, chromium.executablePath()].find((place) => existsSync(place))
}

function installedChromium(env: Environment): string {
  console.error('No Chromium here: installing one for the browser tests ...')
  const asRoot = process.getuid?.() === 0 && Bun.which('apt-get') !== null
  if (asRoot) {
    const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
    run(['apt-get', 'update', '-qq'], quiet)
    run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet)
  }
  if (!foundChromium(env)) run([process.execPath, 'node_modules/@playwright/test/cli.js', 'install', 'chromium'], env)
  const found = foundChromium(env)
  if (found) return found
  throw new Error(
    'The browser tests need Chromium, and none could be installed. Install it (sudo apt-get install chromium) or name it in CHROMIUM.',
  )
}

function run(command: string[], env: Environment): void {
  Bun.spawnSync(command, { env, stdio: ['ignore', 'inherit', 'inherit'] })
}
