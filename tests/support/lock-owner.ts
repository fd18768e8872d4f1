// Owns a data directory until killed; has a child of its own, which must not inherit the lock. Prints the child's process id.
import { lockDataDirectory } from '../../src/db/lock.ts'

lockDataDirectory(process.argv[2]!)
const child = Bun.spawn(['sleep', '60'], { stdio: ['ignore', 'ignore', 'ignore'] })
console.log(child.pid)
setInterval(() => {}, 60_000)
