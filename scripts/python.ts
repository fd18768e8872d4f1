import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

type Environment = Record<string, string | undefined>

const ROOT = join(import.meta.dir, '..')
const TOOLS = 'test-tools'
const TOOLS_LOCK = join(ROOT, 'gpu/requirements-dev.txt')
const LOCKS = [join(ROOT, 'gpu/diffusers/requirements.txt'), TOOLS_LOCK]
const MANIFEST = `name = "${TOOLS}"
label = "ruff and pytest"
version = "1"
functions = ["test"]
command = ["{python}"]
[needs]
python = "requirements.txt"
`

/** What the tests of the workers need: the interpreter of the engine's own environment, pytest in its reach, and ruff. */
export interface PythonForTests {
  python: string
  ruff: string
  env: Record<string, string>
}

/**
 * Has `hearth gpu setup` make the engine's environment, from its real lock, and one more with pytest and ruff, in a folder outside the checkout that
 * the next run finds again. It goes on beside other tests, at a low priority: it is the network and the disk above all. Resolves to undefined when it
 * fails; its words are in `log`.
 */
export function beginPython(env: Environment, log: string): Promise<PythonForTests | undefined> {
  installPython(env)
  const data = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hearth-tests', `python-${hashOf(LOCKS)}`)
  dropTools(join(data, 'engines', TOOLS))
  const command = [process.execPath, join(ROOT, 'src/main.ts'), 'gpu', 'setup']
  const child = Bun.spawn(['nice', '-n', '10', ...command], {
    env: { ...env, HEARTH_DATA: data },
    stdio: ['ignore', Bun.file(log), Bun.file(`${log}.errors`)],
  })
  return child.exited.then((code) => (code === 0 ? found(data) : undefined))
}

function found(data: string): PythonForTests {
  const venv = (engine: string) => join(data, 'engines', engine, 'venv')
  const [packages] = new Bun.Glob('lib/python*/site-packages').scanSync({ cwd: venv(TOOLS), onlyFiles: false })
  return {
    python: join(venv('diffusers'), 'bin/python'),
    ruff: join(venv(TOOLS), 'bin/ruff'),
    env: { PYTHONPATH: join(venv(TOOLS), packages!), PYTHONDONTWRITEBYTECODE: '1' },
  }
}

function dropTools(folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'engine.toml'), MANIFEST)
  writeFileSync(join(folder, 'requirements.txt'), readFileSync(TOOLS_LOCK))
}

function hashOf(paths: string[]): string {
  const hasher = new Bun.CryptoHasher('sha256')
  for (const path of paths) hasher.update(readFileSync(path))
  return hasher.digest('hex').slice(0, 16)
}

/** Debian's Python, as root, where there is none that can make environments. */
function installPython(env: Environment): void {
  if (Bun.which('uv') ?? canMakeEnvironments()) return
  if (process.getuid?.() !== 0 || Bun.which('apt-get') === null) return // the set-up says what is missing
  console.error('No Python here that can make environments: installing it for the tests of the workers ...')
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const command of [
    ['apt-get', 'update', '-qq'],
    ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'python3', 'python3-venv'],
  ])
    Bun.spawnSync(command, { env: quiet, stdio: ['ignore', 'inherit', 'inherit'] })
}

function canMakeEnvironments(): boolean {
  const python = Bun.which('python3')
  return python !== null && Bun.spawnSync([python, '-I', '-c', 'import ensurepip, venv']).exitCode === 0
}
