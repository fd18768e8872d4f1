import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type DomainError, Invalid } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { TooLarge } from '../../web/body.ts'
import type { Slots } from '../slots.ts'
import { type Git, gitFailed } from './program.ts'
import type { Repositories } from './repository.ts'

/** The most that a client may say it has and wants, in bytes, also unpacked: some 300,000 commits. */
const MOST_ASKED = 16 * 2 ** 20
const FLUSH = '0000'

export interface UploadDeps {
  git: Git
  repositories: Repositories
  slots: Slots
  log: Log
}

/**
 * What a clone or fetch asks first: which branches there are, with every change so far.
 * Protocol: gitprotocol-http(5), gitprotocol-v2(5). @throws DomainError `git_missing`, `git_failed`, `git_busy`
 */
export async function advertisement(deps: UploadDeps, project: string, request: Request): Promise<Response> {
  using _slot = await deps.slots.take(request.signal)
  const place = await deps.repositories.upToDate(project)
  const version = versionOf(request)
  const { child, ended } = deps.git.start(['upload-pack', '--stateless-rpc', '--advertise-refs', place], { version })
  child.stdin.end()
  const refs = await new Response(child.stdout).bytes()
  const { code, said } = await ended
  if (code !== 0) throw gitFailed(code, said)
  const service = version === 'version=2' ? '' : `${packetLine('# service=git-upload-pack\n')}${FLUSH}`
  return answer('advertisement', new Blob([service, refs]))
}

/** The rest of the talk, in which the pack is made while it is sent. @throws as `advertisement`; TooLarge; Invalid `bad_body` */
export async function uploadPack(deps: UploadDeps, project: string, request: Request): Promise<Response> {
  const asked = await readAsked(request)
  const slot = await deps.slots.take(request.signal)
  try {
    const place = await deps.repositories.upToDate(project)
    const { child, ended, kill } = deps.git.start(['upload-pack', '--stateless-rpc', place], {
      version: versionOf(request),
      signal: request.signal,
    })
    void ended.then(({ code, said }) => {
      slot[Symbol.dispose]()
      if (code !== 0 && !request.signal.aborted) deps.log.info('a git client was not served to the end', { code, said })
    })
    child.stdin.write(asked)
    void Promise.resolve(child.stdin.end()).catch(() => {}) // it has ended already: its output tells why
    return answer('result', served(child.stdout, kill))
  } catch (error) {
    slot[Symbol.dispose]()
    throw error
  }
}

/** The same bytes; who stops reading stops git. */
function served(stdout: ReadableStream<Uint8Array>, kill: () => void): ReadableStream<Uint8Array> {
  const reader = stdout.getReader()
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: kill,
  })
}

function answer(kind: 'advertisement' | 'result', body: BodyInit): Response {
  return new Response(body, {
    headers: {
      'content-type': `application/x-git-upload-pack-${kind}`,
      'cache-control': 'no-cache, max-age=0, must-revalidate',
    },
  })
}

/** Nothing of the header but what we know is passed on. */
function versionOf(request: Request): string | undefined {
  const [, version] = /(?:^|:)version=([12])(?::|$)/.exec(request.headers.get('git-protocol') ?? '') ?? []
  return version && `version=${version}`
}

function packetLine(text: string): string {
  return (text.length + 4).toString(16).padStart(4, '0') + text
}

async function readAsked(request: Request): Promise<Uint8Array> {
  const sent = await readLimited(request)
  const encoding = request.headers.get('content-encoding') ?? 'identity'
  if (encoding === 'identity') return sent
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw unreadable()
  try {
    return await promisify(gunzip)(sent, { maxOutputLength: MOST_ASKED })
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? new TooLarge(MOST_ASKED) : unreadable()
  }
}

async function readLimited(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > MOST_ASKED) throw new TooLarge(MOST_ASKED)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function unreadable(): DomainError {
  return new Invalid('bad_body', 'What git sent can’t be unpacked. Try again, or update git.')
}
