// Opens a fresh database and dies in the middle of the nth migration: after its statements, before its commit.
import { join } from 'node:path'
import { openDatabase } from '../../src/db/open.ts'
import { openLog } from '../../src/log.ts'

const [folder = '', nth = '1'] = process.argv.slice(2)
let applied = 0

await openDatabase({
  url: `file:${join(folder, 'hearth.db')}`,
  backups: join(folder, 'backups'),
  log: openLog('silent'),
  now() {
    if (++applied === Number(nth)) process.kill(process.pid, 'SIGKILL')
    return 0
  },
})
