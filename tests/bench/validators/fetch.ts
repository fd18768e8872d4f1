import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Registry, SOURCES } from './sources.ts'

/** Each registry by its own client, into a folder; nothing that is downloaded is run. A client that is not installed leaves its folder empty. */
const FETCH: Readonly<Record<Registry, (folder: string) => Promise<void>>> = {
  async npm(folder) {
    for (const name of SOURCES.npm) {
      const into = folderFor(folder, name)
      if (!into) continue
      const tarball = (await said(['npm', 'pack', '--silent', '--ignore-scripts', name], into))
        .trim()
        .split('\n')
        .at(-1)
      if (tarball) await ran(['tar', '-xzf', tarball], into)
    }
  },
  async pip(folder) {
    for (const name of SOURCES.pip) {
      const into = folderFor(folder, name)
      if (!into) continue
      await ran(['pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', into, name], into)
      for (const wheel of readdirSync(into)) await ran(['python3', '-m', 'zipfile', '-e', wheel, 'unpacked'], into)
    }
  },
  async go(folder) {
    const into = folderFor(folder, 'modules')
    if (!into) return
    for (const module of SOURCES.go)
      await ran(['go', 'mod', 'download', module], into, { GOMODCACHE: into, GOFLAGS: '-modcacherw' })
  },
  async cargo(folder) {
    const into = folderFor(folder, 'crates')
    if (!into) return
    const wanted = SOURCES.cargo.map((crate) => crate.split('@')).map(([name, version]) => `${name} = "=${version}"`)
    mkdirSync(join(into, 'src'))
    writeFileSync(join(into, 'src/lib.rs'), '')
    writeFileSync(
      join(into, 'Cargo.toml'),
      `[package]\nname = "corpus"\nversion = "0.0.0"\n[dependencies]\n${wanted.join('\n')}\n`,
    )
    await ran(['cargo', 'vendor', '--quiet'], into)
  },
  async debian(folder) {
    const lists = join(folder, '.lists')
    mkdirSync(join(lists, 'partial'), { recursive: true })
    const list = join(folder, '.sources.list')
    writeFileSync(list, 'deb-src http://deb.debian.org/debian bookworm main\n')
    const apt = [
      'apt-get',
      '-qq',
      '-o',
      `Dir::Etc::SourceList=${list}`,
      '-o',
      'Dir::Etc::SourceParts=-',
      '-o',
      `Dir::State::Lists=${lists}`,
    ]
    await ran([...apt, 'update'], folder)
    for (const name of SOURCES.debian) {
      const into = folderFor(folder, name)
      if (!into) continue
      await ran([...apt, 'source', '--download-only', name], into)
      for (const file of readdirSync(into).filter((file) => /\.tar\.\w+$/.test(file)))
        await ran(['tar', '-xf', file], into)
    }
  },
}

/** Fetches what is not there yet. */
export async function fetchSources(folder: string): Promise<void> {
  for (const [registry, fetch] of Object.entries(FETCH)) {
    const into = join(folder, registry)
    mkdirSync(into, { recursive: true })
    console.error(`… ${registry}`)
    await fetch(into)
  }
}

/** A new folder for one package; undefined where it is there from an earlier run. */
function folderFor(folder: string, name: string): string | undefined {
  const into = join(folder, name.replaceAll('/', '+'))
  if (existsSync(into)) return undefined
  mkdirSync(into)
  return into
}

async function said(command: string[], cwd: string): Promise<string> {
  const { stdout } = await ran(command, cwd)
  return stdout
}

async function ran(command: string[], cwd: string, more: Record<string, string> = {}): Promise<{ stdout: string }> {
  if (!Bun.which(command[0]!)) return { stdout: '' }
  const child = Bun.spawn(command, {
    cwd,
    env: { ...process.env, ...more },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) console.error(`${command.join(' ')}: ${stderr.trim().split('\n').at(-1)}`)
  return { stdout }
}
