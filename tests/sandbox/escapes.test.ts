import { expect, test } from 'bun:test'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from '../support/database.ts'
import { ATTACK_FILES, attack, heldIn, testSandbox } from './support.ts'

const SECRET = 'a-secret-of-the-server-4711'

test('nothing of the network can be reached: no address of the host, no name, no socket without a path', async () => {
  let visits = 0
  const visited = () => {
    visits++
  }
  using web = Bun.serve({ port: 0, hostname: '0.0.0.0', fetch: () => new Response(String(++visits)) })
  const abstract = `hearth-test-${process.pid}`
  const socket = Bun.listen({ unix: `\0${abstract}`, socket: { open: visited, data() {} } })
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)
  const held = heldIn(await attack('network', [web.port!, address?.address ?? '127.0.0.2', abstract]))
  socket.stop(true)
  expect(held).toHaveLength(14)
  expect(visits).toBe(0)
})

test('no file of the host can be read but its programs: nor by /proc, nor what the server’s environment says', async () => {
  using data = temporaryFolder()
  writeFileSync(join(data.path, 'secret'), SECRET)
  const server = Bun.spawn(['sleep', '60'], { env: { KEY: SECRET } })
  const held = heldIn(
    await attack('host_files', [data.path], {
      files: [...ATTACK_FILES, { path: 'mark', content: SECRET.slice(0, -1) }],
    }),
  )
  server.kill()
  expect(held).toHaveLength(16)
})

test('the data directory is hidden also where it lies in a folder that a run may read', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755) // a server that is root runs code as nobody
  const data = join(folder.path, 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'secret'), SECRET)
  writeFileSync(join(folder.path, 'tool'), 'a tool')
  const sandbox = testSandbox([folder.path], data)
  const line = `cat ${folder.path}/tool; ls -A ${data}; cat ${data}/secret; echo x > ${data}/new`
  const { tail } = await sandbox.run({ files: [], command: ['sh', '-c', line] })
  expect(tail).toStartWith('a toolcat: ')
  expect(tail).toContain('No such file')
  expect(tail).toContain('Read-only file system')
  expect(tail).not.toContain(SECRET)
})

test('the environment of the server does not come in', async () => {
  process.env.HEARTH_TEST_SECRET = SECRET
  const { tail } = await testSandbox().run({ files: [], command: ['env'], env: { MINE: 'yes' } })
  delete process.env.HEARTH_TEST_SECRET
  const names = tail.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? [])
  expect(names.toSorted()).toEqual(['BUN_BE_BUN', 'CI', 'HOME', 'LANG', 'MINE', 'OLDPWD', 'PATH', 'PWD', 'TERM'])
  expect(tail).not.toContain(SECRET)
})

test('nothing can be written but the working copy and /tmp', async () => {
  expect(heldIn(await attack('writing'))).toHaveLength(22)
})

test('no privilege can be had: by ptrace, namespaces, mounts, setuid programs, keys or a 32-bit door', async () => {
  const { length } = heldIn(await attack('privileges', [process.pid]))
  expect(length).toBe(41)
})

test('killing all that it sees ends a run alone', async () => {
  const { end } = await testSandbox().run({
    files: ATTACK_FILES,
    command: [
      'python3',
      '-c',
      'import os\nfor p in range(1, 50):\n  try: os.kill(p, 9)\n  except OSError: pass\nos.kill(-1, 9)',
    ],
    takesBack: true,
  })
  expect(end.why).toBe('exit')
})
