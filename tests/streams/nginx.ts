import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'

/** The proxy, in front of one server. */
export interface Nginx extends AsyncDisposable {
  url: string
  /** Kills the processes that hold the connections; the first one starts others. */
  killWorkers(): void
  /** Reads its settings again: who is connected stays with the old processes. */
  reload(): void
  /** Tells the processes that hold connections. */
  workers(): number[]
}

export interface NginxOptions {
  /** The program. */
  nginx: string
  /** Where the server is. */
  to: string
  /** Beside `proxy_pass`: nothing, as Debian has it. */
  location?: string
}

/** Starts nginx as Debian sets it up, with all that it writes in a folder of its own. */
export async function startNginx({ nginx, to, location = '' }: NginxOptions): Promise<Nginx> {
  const folder = temporaryFolder()
  const port = freePort()
  mkdirSync(join(folder.path, 'temp'))
  const config = join(folder.path, 'nginx.conf')
  writeFileSync(config, settings({ folder: folder.path, port, to, location }))
  const child = Bun.spawn([nginx, '-p', folder.path, '-e', join(folder.path, 'error.log'), '-c', config], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  const isUp = () =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(isUp, 'that nginx answers')
  const workers = () => childrenOf(child.pid)
  return {
    url,
    workers,
    killWorkers: () => workers().forEach((pid) => void process.kill(pid, 'SIGKILL')),
    reload: () => child.kill('SIGHUP'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await child.exited
      folder[Symbol.dispose]()
    },
  }
}

interface Settings {
  folder: string
  port: number
  to: string
  location: string
}

function settings({ folder, port, to, location }: Settings): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/temp;`)
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes auto;
pid ${folder}/nginx.pid;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  access_log off;
  gzip on;
  ${temp.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${to};
      ${location}
    }
  }
}`
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = listener
  listener.stop(true)
  return port
}
