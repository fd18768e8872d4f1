import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BunPlugin } from 'bun'
import libsql from '../node_modules/libsql/package.json'

const ROOT = join(import.meta.dir, '..')
const DYNAMIC_REQUIRE = 'require(`@libsql/$' + '{target}`)'

/** libSQL picks its addon at run time, which `--compile` can't follow: this names the one for the target instead. */
export function libsqlAddon(addon: string): BunPlugin {
  return {
    name: 'libsql-addon',
    setup(build) {
      build.onLoad({ filter: /\/node_modules\/libsql\/index\.js$/ }, async ({ path }) => {
        const source = await Bun.file(path).text()
        if (source.split(DYNAMIC_REQUIRE).length !== 2)
          throw new Error(`${path} no longer loads its addon as expected.`)
        const named = source.replace(DYNAMIC_REQUIRE, `require(${JSON.stringify(addon)})`)
        // Its development door would leave this machine's path in the binary.
        return { contents: named.replace('load(__dirname)', 'undefined'), loader: 'js' }
      })
    },
  }
}

/** The path of the addon for `linux-<arch>`, taken from the registry when this machine's packages lack it. */
export async function addonFor(arch: 'x64' | 'arm64'): Promise<string> {
  const name = `@libsql/linux-${arch}-gnu`
  const own = join(ROOT, 'node_modules', name, 'index.node')
  return existsSync(own) ? own : foreignAddon(name, arch)
}

async function foreignAddon(name: string, arch: string): Promise<string> {
  const folder = join(ROOT, 'dist/addons', arch)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { [name]: libsql.version } }))
  const install = ['install', '--no-save', '--cpu', arch, '--os', 'linux']
  const done = Bun.spawnSync([process.execPath, ...install], { cwd: folder, stderr: 'pipe' })
  const addon = join(folder, 'node_modules', name, 'index.node')
  if (done.exitCode === 0 && existsSync(addon)) return addon
  throw new Error(`The addon ${name} could not be fetched from the registry: ${done.stderr.toString().trim()}`)
}
