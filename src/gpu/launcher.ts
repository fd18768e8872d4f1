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

export type LaunchStatus =
  | { state: 'pending' }
  | { state: 'running' }
  /** It is no more; the code and signal where they are known. */
  | { state: 'gone'; code: number | null; signal: string | null; reason?: string }

/** A way to run workers: here, as another user, or on a cluster. Each verb may be called again, with the same outcome. */
export interface Launcher {
  name: string
  submit(launch: Launch): Promise<LaunchHandle>
  status(handle: LaunchHandle): Promise<LaunchStatus>
  cancel(handle: LaunchHandle): Promise<void>
  /** The worker's standard error from this byte on. */
  logs(handle: LaunchHandle, from: number): Promise<Uint8Array>
}
