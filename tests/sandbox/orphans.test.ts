import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { until } from '../support/gpu-attempts.ts'
import { commandLines } from './support.ts'

test('what runs in a sandbox ends with its server, also when that is killed', async () => {
  const server = Bun.spawn([process.execPath, join(import.meta.dir, 'parent-main.ts')], { stdout: 'pipe' })
  for await (const chunk of server.stdout) if (new TextDecoder().decode(chunk).includes('up')) break
  expect(ours()).not.toEqual([])
  server.kill('SIGKILL')
  await server.exited
  await until('all of it to end', () => ours().length === 0)
})

function ours(): string[] {
  return commandLines().filter((line) => line.includes('62.5'))
}
