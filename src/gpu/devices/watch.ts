import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { cpuDevice, type Device } from '../devices.ts'
import { openHistory, type Sample } from './history.ts'
import { type Degraded, mendedBy } from './marks.ts'
import type { Probe } from './probe.ts'
import { openSightings } from './sightings.ts'

/** How often it is looked while work waits or runs, … */
const BUSY_MS = 3_000
/** … and while nothing does. */
const IDLE_MS = 60_000
/** Knows the devices of this machine: which there are, how much is free, and which may not be used. */
export interface DeviceWatch extends AsyncDisposable {
  /** As last seen. */
  now(): Device[]
  /** Looks again, from now on: what a look that has begun already sees may be over. All who come meanwhile get one answer. */
  look(signal?: AbortSignal): Promise<Device[]>
  /** What a look no older than this saw, or a new one sees. */
  recent(mostMs: number): Promise<Device[]>
  /** What was free in the last minutes, the oldest first. */
  history(id: string): Sample[]
  /** Calls back when devices have come, gone, become degraded or well. */
  onChange(hear: () => void): () => void
  degraded(id: string): Degraded | null
  degrade(id: string, how: Omit<Degraded, 'since'>): void
  /** A degraded device is used again. False when it was none. */
  mend(id: string): boolean
  /** Sentences on tools that fail and figures that come from a setting. */
  troubles(): string[]
}

export interface WatchDeps {
  probe: Probe
  clock: Clock
  log: Log
  /** Whether work waits or runs: then it is looked every few seconds. */
  busy?: () => boolean
  /** False: nobody looks unasked. */
  lives?: boolean
  /** False: there are the devices of the probe and no others. */
  addsCpu?: boolean
}

/** Looks once, then by itself until disposed. */
export async function openDeviceWatch(deps: WatchDeps): Promise<DeviceWatch> {
  const { clock, log, lives = true } = deps
  const marks = new Map<string, Degraded>()
  const hearers = new Set<() => void>()
  const stop = new AbortController()
  const tell = () => {
    for (const hear of hearers) hear()
  }
  const looker = openLooker(deps, stop.signal, (before, after) => {
    const mended = mendedBy(marks, after)
    for (const { id, name } of mended) log.info('the memory of a device is back', { device: id, name })
    if (mended.length > 0 || idsOf(before) !== idsOf(after)) tell()
  })
  await looker.look()
  const watching = lives ? keepLooking(deps, looker, () => marks.size > 0, stop.signal) : undefined
  return {
    ...looker,
    onChange(hear) {
      hearers.add(hear)
      return () => hearers.delete(hear)
    },
    degraded: (id) => marks.get(id) ?? null,
    degrade(id, how) {
      marks.set(id, { ...how, since: clock.now() })
      log.warn('a device takes no more work', { device: id, ...how })
      tell()
    },
    mend(id) {
      const was = marks.delete(id)
      if (was) tell()
      return was
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      hearers.clear()
      await watching
    },
  }
}

type Looker = Pick<DeviceWatch, 'now' | 'look' | 'recent' | 'history' | 'troubles'>

/** Looks when it is told to, one look at a time, and remembers what was seen. */
function openLooker(
  { probe, clock, log, addsCpu = true }: WatchDeps,
  stop: AbortSignal,
  seen: (before: Device[], after: Device[]) => void,
): Looker {
  const sightings = openSightings(log)
  const history = openHistory()
  let devices: Device[] = []
  let lookedAt = 0 // when the look began by which they are known
  let beganAt = 0
  let looking: Promise<Device[]> | undefined
  let next: Promise<Device[]> | undefined

  async function lookNow(): Promise<Device[]> {
    beganAt = clock.awake()
    const sights = await probe(stop)
    if (stop.aborted) return devices
    lookedAt = beganAt
    sightings.note(sights)
    const before = devices
    const found = sightings.devices()
    devices = addsCpu || found.length === 0 ? [...found, cpuDevice()] : found
    for (const { id, freeBytes } of devices) history.add(id, { at: clock.now(), freeBytes })
    seen(before, devices)
    return devices
  }

  function begin(): Promise<Device[]> {
    next = undefined
    looking = lookNow().finally(() => {
      looking = undefined
    })
    return looking
  }

  function look(): Promise<Device[]> {
    if (!looking) return begin()
    next ??= looking.then(begin, begin)
    return next
  }

  async function recent(mostMs: number): Promise<Device[]> {
    const isNew = (at: number) => clock.awake() - at <= mostMs
    if (devices.length > 0 && isNew(lookedAt)) return devices
    return looking && isNew(beganAt) ? looking : look()
  }

  return {
    now: () => devices,
    look,
    recent,
    history: history.of,
    troubles: sightings.troubles,
  }
}

async function keepLooking(
  { clock, log, busy = () => false }: WatchDeps,
  { look, recent }: Looker,
  isUrgent: () => boolean,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(BUSY_MS, stop)
    if (stop.aborted) return
    const looks = busy() || isUrgent() ? look() : recent(IDLE_MS)
    await looks.catch((error) => log.error('the devices could not be looked at', { error }))
  }
}

function idsOf(devices: Device[]): string {
  return JSON.stringify(devices.map(({ id }) => id))
}
