import { join } from 'node:path'
import { agentHandlers } from './agents/handlers.ts'
import { openChanges } from './changes/changes.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { lockDataDirectory } from './db/lock.ts'
import { openDatabase, type Reader } from './db/open.ts'
import { openEventLog } from './events/append.ts'
import { type LiveSource, openHub } from './events/hub.ts'
import type { Scope } from './events/line.ts'
import { openBlobs } from './files/blobs.ts'
import { openSymbols } from './files/symbols/symbols.ts'
import { builtInEngines, catalogueTexts } from './gpu/built-in.ts'
import { openProbe, type Probe, pretendedProbe } from './gpu/devices/probe.ts'
import { openDeviceWatch } from './gpu/devices/watch.ts'
import type { Device } from './gpu/devices.ts'
import { type EngineSet, openEngineSet } from './gpu/engines.ts'
import { execLauncher } from './gpu/launchers/exec.ts'
import { localLauncher } from './gpu/launchers/local.ts'
import { openLearned } from './gpu/learned.ts'
import { openDevicePool } from './gpu/leases.ts'
import { modelHandlers } from './gpu/models/fetch-job.ts'
import { hubKey } from './gpu/models/hub.ts'
import { openModelStore } from './gpu/models/store.ts'
import { sweepOrphans } from './gpu/processes.ts'
import type { RenderDeps } from './gpu/render.ts'
import { openReuse } from './gpu/reuse.ts'
import { openBreakers } from './jobs/breaker.ts'
import { openDraftWriter } from './jobs/drafts.ts'
import type { Handler } from './jobs/handler.ts'
import { isScopeActive, jobById, jobsOf } from './jobs/jobs.ts'
import { type LiveJobs, openLiveJobs } from './jobs/live.ts'
import { type AroundDeps, around } from './llm/around.ts'
import { settleLostCalls } from './llm/books.ts'
import { fixedModels } from './llm/fixed-models.ts'
import { knownFacts, openModels } from './llm/open-models.ts'
import type { Provider } from './llm/provider.ts'
import { openReach } from './llm/setup/reach.ts'
import { openSetup, type SetupDeps } from './llm/setup/setup.ts'
import { withBooks } from './llm/with-books.ts'
import { outsideKey } from './llm/with-breaker.ts'
import { type Log, openLog } from './log.ts'
import { upkeepHandlers } from './ops/schedules/handlers.ts'
import { projectEntity } from './projects/project-entity.ts'
import { projectById } from './projects/projects.ts'
import { settingEntity } from './projects/settings.ts'
import { taskEntity, tasksOf } from './projects/tasks.ts'
import type { Redactor } from './redact.ts'
import { openCompilers } from './sandbox/compilers.ts'
import { openSandbox, type Sandbox } from './sandbox/sandbox.ts'
import { makesClips } from './studio/clips.ts'
import { renderHandler } from './studio/work.ts'
import { runHandler } from './workspace/execution/work.ts'
import { fileEntity } from './workspace/file-entity.ts'
import { filesOf } from './workspace/files.ts'
import { openHighlighter } from './workspace/highlight/highlighter.ts'

/** What a test, or a command that brings its own server, does differently. */
export interface Overrides {
  clock?: Clock
  log?: Log
  providers?: Provider[]
  /** The devices there are, or what says so each time that they are looked at. */
  devices?: Device[] | Probe
  /** What stands in for the command of the sketch engine; the attempt's folder is added. */
  workerCommand?: string[]
  /** More of the environment of workers. */
  workerEnv?: Record<string, string>
  /** More folders of engines, or of one engine each. */
  engineFolders?: string[]
  /** More kinds of jobs, by lane. */
  handlers?: Handler[]
  lanes?: Record<string, number>
  /** What stands in for the sandbox of this machine. */
  sandbox?: Sandbox
}

export type Engines = Awaited<ReturnType<typeof openEngines>>

/** Builds every engine. Nothing works until the app starts it; `opened` disposes of all. */
export async function openEngines(
  config: Config,
  overrides: Overrides,
  redact: Redactor,
  opened: AsyncDisposableStack,
) {
  const { clock = systemClock, log = openLog(config.log, undefined, redact) } = overrides
  const { now, awake, newId, random } = clock
  opened.use(lockDataDirectory(config.data))
  const attempts = config.gpu.launchFolder ?? join(config.data, 'attempts')
  sweepOrphans(attempts)
  const backups = join(config.data, 'backups')
  const db = opened.use(await openDatabase({ url: config.databaseUrl, token: config.databaseToken, backups, now, log }))
  const hub = opened.use(openHub({ now }))
  const events = openEventLog({ hub, now, redact })
  const live = openLiveJobs({ hub, now, awake })
  hub.source = sourceOf(db.read, live)
  const { onFlush } = opened.use(openDraftWriter({ db, live, flushMs: config.flushMs, log }))
  const handlers = new Map<string, Handler>()
  const breakers = openBreakers({ db, events, now, log })
  await settleLostCalls({ db, now })
  const ground = { db, events, now, newId, log, redact, breakers, clock }
  const asking = await openTheModels(opened, config, overrides, ground)
  const { watch, devices } = await openTheDevices(opened, config, overrides, { clock, log })
  const blobs = openBlobs({ db, folder: join(config.data, 'blobs'), now })
  const sandbox =
    overrides.sandbox ??
    openSandbox({ clock: systemClock, data: config.data, readable: config.sandboxRead, image: config.sandboxImage })
  const deps = {
    ...asking,
    ...(await openTheWeights(opened, config, { db, now, log })),
    learned: await openLearned({ db, now }),
    read: db.read,
    hub,
    live,
    onFlush,
    handlers,
    clock,
    awake,
    random,
    redact,
    attempts,
    data: config.data,
    watch,
    devices,
    warm: (lane: string) => (lane === 'render' ? devices.warm() : []),
    changes: openChanges({
      events,
      now,
      newId,
      entities: entities({ events, now, texts: blobs }),
    }),
    blobs,
    symbols: opened.use(openSymbols()),
    highlighter: opened.use(openHighlighter()),
    sandbox,
    compilers: openCompilers({ sandbox, now: awake }),
    breakers,
    render: openTheRenderer(opened, config, overrides, { attempts, clock, log }),
    stepMs: config.sketchStepMs,
    results: join(config.data, 'results'),
    reserveBytes: config.gpu.reserveBytes,
    startedAt: now(),
  }
  for (const handler of handlersOf(deps, config, overrides)) handlers.set(handler.kind, handler)
  return deps
}

/** The models that pictures are made with, and where more may come from. */
async function openTheWeights(
  opened: AsyncDisposableStack,
  { data, gpu }: Config,
  ground: Pick<Parameters<typeof openModelStore>[0], 'db' | 'now' | 'log'>,
) {
  const folders = { data, folders: gpu.models, catalogue: catalogueTexts() }
  const modelStore = opened.use(await openModelStore({ ...ground, ...folders }))
  return { modelStore, hosts: gpu.hosts, keyFor: hubKey(gpu.hubToken) }
}

/** The devices of this machine, or those that a test pretends, and the pool that leases them. */
async function openTheDevices(
  opened: AsyncDisposableStack,
  config: Config,
  { devices: pretended }: Overrides,
  { clock, log }: { clock: Clock; log: Log },
) {
  const probe = Array.isArray(pretended) ? pretendedProbe(pretended) : (pretended ?? openProbe(config.gpu))
  const pretence = pretended ? { addsCpu: false, lives: !Array.isArray(pretended) } : {}
  const busy = () => pool.counts().busy + pool.counts().waiting > 0
  const watch = opened.use(await openDeviceWatch({ probe, clock, log, busy, ...pretence }))
  const pool = openDevicePool({ watch, clock })
  return { watch, devices: pool }
}

type HandlersDeps = Omit<Parameters<typeof agentHandlers>[0], 'makesClips'> &
  Parameters<typeof makesClips>[0] &
  Parameters<typeof renderHandler>[0] &
  Parameters<typeof runHandler>[0] &
  Parameters<typeof modelHandlers>[0] &
  Parameters<typeof upkeepHandlers>[0]

/** Every kind of job. */
function handlersOf(deps: HandlersDeps, config: Config, { handlers = [] }: Overrides): Handler[] {
  return [
    ...agentHandlers({ ...deps, makesClips: () => makesClips(deps) }),
    renderHandler(deps),
    runHandler(deps),
    ...modelHandlers(deps),
    ...upkeepHandlers(deps, config),
    ...handlers,
  ] as Handler[]
}

/** All that is edited through changes. */
function entities(deps: Parameters<typeof fileEntity>[0]) {
  return [projectEntity(deps), settingEntity(), taskEntity(deps), fileEntity(deps)]
}

/** The models, how they are set up, and their books. What stands around a provider is put together here alone. */
async function openTheModels(
  opened: AsyncDisposableStack,
  config: Config,
  { providers }: Overrides,
  {
    breakers,
    clock,
    redact,
    ...deps
  }: Omit<SetupDeps, 'data' | 'vendors'> & AroundDeps & { clock: Clock; newId(): string },
) {
  const changed = (provider: string) => breakers.forget(outsideKey(provider))
  const setup = await openSetup({ ...deps, redact, data: config.data, vendors: config.vendors, changed })
  const reach = opened.use(openReach({ setup, localServers: config.localServers, clock }))
  const books = {
    ...deps,
    factsOf: knownFacts(setup, reach),
    dailyMicros: config.dailyMicros,
    keepMs: config.keepMs,
  }
  const wrap = (provider: Provider) => withBooks(books, around({ ...books, breakers, clock }, provider))
  const models = providers ? fixedModels(providers.map(wrap)) : openModels({ config, setup, reach, clock, wrap })
  return { ...books, setup, reach, models }
}

/** What the jobs tell of themselves. */
function sourceOf(read: Reader, { states, beats }: LiveJobs): LiveSource {
  return {
    states,
    beats,
    active: (scope) => isScopeActive(read, scope),
    present: (scope) => presentState(read, scope),
  }
}

/** What a reader is told who can't be told how it came to be. */
async function presentState(read: Reader, scope: Scope): Promise<Record<string, unknown>> {
  if ('job' in scope) return { job: await jobById(read, scope.job) }
  const { project: id } = scope
  const [project, tasks] = [await projectById(read, id), await tasksOf(read, id)]
  return { project, tasks, files: await filesOf(read, id), jobs: await jobsOf(read, id) }
}

/** What starts renderers, here or elsewhere, and those of them that wait for more. */
function openTheRenderer(
  opened: AsyncDisposableStack,
  config: Config,
  overrides: Overrides,
  deps: { attempts: string; clock: Clock; log: Log },
): RenderDeps {
  const { launchPrefix: prefix, reuse: limit } = config.gpu
  return {
    ...deps,
    engines: theEngines(config, overrides),
    launcher: prefix ? execLauncher({ prefix }) : localLauncher(),
    reuse: opened.use(openReuse({ clock: deps.clock, limit })),
    env: overrides.workerEnv ?? {},
  }
}

/** All that renders: what comes with Hearth, and what was dropped into the data directory. */
function theEngines({ data, gpu }: Config, { workerCommand, engineFolders = [] }: Overrides): EngineSet {
  return openEngineSet({
    folders: [builtInEngines(data), join(data, 'engines'), ...engineFolders],
    hearth: ownCommand(),
    data,
    python: gpu.python,
    settings: { HEARTH_SD_CLI: gpu.sdCli, HEARTH_COMFYUI_URL: gpu.comfyuiUrl },
    commands: workerCommand ? { sketch: workerCommand } : {},
  })
}

/** The running program: the binary itself, or Bun with the checkout's entry. */
function ownCommand(): string[] {
  const inBinary = import.meta.dir.startsWith('/$bunfs')
  return [process.execPath, ...(inBinary ? [] : [join(import.meta.dir, 'main.ts')])]
}
