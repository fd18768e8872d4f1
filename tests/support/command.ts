import { join } from 'node:path'

const MAIN = join(import.meta.dir, '../../src/main.ts')

export interface Ran {
  code: number
  out: string
  errors: string
}

/** Runs one `hearth` command of the checkout to its end. */
export async function hearth(args: string[], data: string, env: Record<string, string> = {}): Promise<Ran> {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH, HEARTH_DATA: data, HEARTH_PORT: '0', HEARTH_PREVIEW_PORT: '0', ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, out, errors }
}
