import type { Reader } from '../db/open.ts'
import type { Device } from '../gpu/devices.ts'
import { tierFor } from '../gpu/tiers.ts'
import type { Actor } from '../web/guard.ts'
import { listProjects } from './projects.ts'
import type { ProjectStatus } from './state.ts'
import type { Project } from './tables.ts'

/** Projects that the side shows. */
const SIDE_LIMIT = 30

export interface SideProject {
  id: string
  title: string
  status: ProjectStatus
  note: string
  brief: string
  createdAt: number
}

/** The graphics card that pictures are made on, as the side shows it; GB are 2^30 bytes. */
export interface Machine {
  name: string
  tier: string
  freeGb: number | null
  totalGb: number | null
  /** Other devices with memory of their own. */
  others: number
}

const GIB = 1024 ** 3

export interface ShellDeps {
  read: Reader
  machine(): Machine
}

/** What the layout draws around every page of somebody who is signed in. */
export async function shellFor(
  { read, machine }: ShellDeps,
  actor: Actor,
  title: string,
  current: string | null = null,
) {
  return {
    title,
    account: { email: actor.email, role: actor.role },
    projects: await sideProjects(read),
    current,
    machine: machine(),
  }
}

/** The projects that the side lists. */
export async function sideProjects(read: Reader): Promise<SideProject[]> {
  const { items } = await listProjects(read, { sort: 'newest', limit: SIDE_LIMIT })
  return items.map(sideProject)
}

const NOTES: Record<ProjectStatus, string> = {
  working: 'at work',
  ready: 'asks you',
  done: 'done',
  held: 'needs you',
  failed: 'failed',
  paused: 'paused',
  cancelled: 'stopped',
}

function sideProject({ id, title, status, brief, createdAt }: Project): SideProject {
  return { id, title, status, note: NOTES[status], brief, createdAt }
}

/** The first device as the side shows it. */
export function machineOf([device, ...more]: Device[]): Machine {
  const { name, kind, freeBytes, totalBytes } = device!
  const tier = tierFor(device!).name
  const others = more.filter((other) => other.kind !== 'cpu').length
  return kind === 'cpu'
    ? { name, tier, freeGb: null, totalGb: null, others }
    : { name, tier, freeGb: freeBytes / GIB, totalGb: totalBytes / GIB, others }
}
