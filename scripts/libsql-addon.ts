import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { BunPlugin } from 'bun'
import libsql from '../node_modules/libsql/package.json'
import { compress } from './packed.ts'

const ROOT = join(import.meta.dir, '..')
const LOADER = join(ROOT, 'src/packed-library.ts')
const DYNAMIC_REQUIRE = 'require(`@libsql/$' + '{target}`)'

/** libSQL picks its addon at run time, which `--compile` can't follow: this names the one for the target instead, packed. */
export function libsqlAddon(addon: string): BunPlugin {
  const place = compress(readFileSync(addon), `${basename(dirname(addon))}.zst`)
  return {
    name: 'libsql-addon',
    setup(build) {
      build.onResolve({ filter: /^packed-addon$/ }, ({ path }) => ({ path, namespace: 'libsql-addon' }))
      build.onLoad({ filter: /./, namespace: 'libsql-addon' }, () => {
        const contents = [
          `import place from ${JSON.stringify(place)} with { type: 'file' }`,
          `import { openAddon } from ${JSON.stringify(LOADER)}`,
          'export default openAddon(place)',
        ]
        return { contents: contents.join('\n'), loader: 'js' }
      })
      build.onLoad({ filter: /\/node_modules\/libsql\/index\.js$/ }, async ({ path }) => {
        const source = await Bun.file(path).text()
        if (source.split(DYNAMIC_REQUIRE).length !== 2)
          throw new Error(`${path} no longer loads its addon as expected.`)
        const named = source.replace(DYNAMIC_REQUIRE, `require('packed-addon').default`)
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
