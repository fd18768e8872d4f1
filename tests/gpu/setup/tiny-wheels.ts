import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'

/** Makes a wheel of nothing but a version, in `folder`; its line for a lock. */
export function tinyWheel(folder: string, name: string, version = '1.0'): string {
  const info = `${name}-${version}.dist-info`
  const files = {
    [`${name}/__init__.py`]: `VERSION = "${version}"\n`,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: `${name}/__init__.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  }
  const encoded = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const)
  const wheel = zipSync(Object.fromEntries(encoded))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}-${version}-py3-none-any.whl`), wheel)
  return `${name}==${version} --hash=sha256:${new Bun.CryptoHasher('sha256').update(wheel).digest('hex')}\n`
}

/** Drops an engine into a data directory that wants the packages of `lock`. */
export function tinyEngine(data: string, lock: string): void {
  const folder = join(data, 'engines/tiny')
  mkdirSync(folder, { recursive: true })
  const manifest = [
    'name = "tiny"',
    'label = "Tiny"',
    'version = "1"',
    'functions = ["image"]',
    'command = ["{python}", "x.py"]',
    '[needs]',
    'python = "requirements.txt"',
    '',
  ]
  writeFileSync(join(folder, 'engine.toml'), manifest.join('\n'))
  writeFileSync(join(folder, 'requirements.txt'), lock)
}
