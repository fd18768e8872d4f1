import type { Phase } from './protocol.ts'

/** What is to run: one attempt, whose folder is the whole contract. */
export interface Launch {
  /** `hearth-<job>-<attempt>`: the same launch, submitted twice, is one. */
  name: string
  folder: string
  command: string[]
  env: Record<string, string>
}

/** What a launcher knows a launch by after a restart of the server: JSON. */
export type LaunchHandle = Readonly<Record<string, string | number>>

/** How a process has ended, where that is known. */
export interface Exit {
  code: number | null
  signal: string | null
}

export type LaunchStatus =
  | { state: 'pending' }
  | { state: 'running' }
  /** It is no more; the code and signal where they are known. */
  | ({ state: 'gone'; reason?: string } & Exit)

/** A way to run workers: here, as another user, or on a cluster. Each verb may be called again, with the same outcome. */
export interface Launcher {
  name: string
  /** Whether what it has started goes on without the server, and is found again by the next. */
  outlives: boolean
  /** @throws DomainError `gpu_worker_died` or `gpu_launch_failed` when it can't be started */
  submit(launch: Launch): Promise<LaunchHandle>
  status(handle: LaunchHandle): Promise<LaunchStatus>
  /** Ends all of it at once. Resolves when nothing of it runs. */
  cancel(handle: LaunchHandle): Promise<void>
  /** The worker's standard error from this byte on. */
  logs(handle: LaunchHandle, from: number): Promise<Uint8Array>
  /** The pipes of what this very process has started: quicker than the files of the folder. */
  pipes?(handle: LaunchHandle): Pipes | null
}

export interface Pipes {
  stdout: AsyncIterable<Uint8Array>
  tell(text: string): void
  /** SIGTERM to all of it. */
  terminate(): void
  exited: Promise<Exit>
  /** Its standard error has been kept to the end. */
  logged: Promise<void>
}

/** Longest silence in each phase, ms, while this process was awake to hear a word. */
export const DEADLINES: Record<Phase, number> = {
  fetch: 30_000,
  load: 60_000,
  encode: 30_000,
  denoise: 30_000,
  decode: 30_000,
  save: 30_000,
}

/** The name of an attempt's launch, the same whenever it is asked for. */
export function launchName(job: string, attempt: number): string {
  return `hearth-${job}-${attempt}`
}
