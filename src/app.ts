import { tmpdir } from 'node:os'
import { Elysia } from 'elysia'
import { authenticate } from './accounts/authenticate.ts'
import { sessionCookie } from './accounts/cookie.ts'
import { openHasher } from './accounts/hasher.ts'
import { announceServer } from './accounts/local.ts'
import { publicAccountRoutes } from './accounts/public-routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { newSecret } from './accounts/secrets.ts'
import { agentAsides, agentRoutes } from './agents/routes.ts'
import { type Config, secretsIn } from './config.ts'
import { type Engines, type Overrides, openEngines } from './engines.ts'
import { parseTierWish } from './gpu/tiers.ts'
import { type Scheduler, startScheduler } from './jobs/scheduler.ts'
import { ensureSchedules } from './jobs/schedules.ts'
import { startWorker, type Worker } from './jobs/worker.ts'
import { labelOf } from './llm/models.ts'
import { watchRenewals } from './llm/raise.ts'
import { openDevicesFeed } from './ops/devices/feed.ts'
import { learnedRoutes } from './ops/devices/learned-routes.ts'
import { deviceRoutes } from './ops/devices/routes.ts'
import { type GpuModelRoutesDeps, gpuModelRoutes } from './ops/gpu-models/routes.ts'
import { lanesOf } from './ops/lanes.ts'
import { openLivePage } from './ops/live-page.ts'
import { modelRoutes } from './ops/models/routes.ts'
import { queueRegions } from './ops/queue/feed.ts'
import { type QueueRoutesDeps, queueRoutes } from './ops/queue/routes.ts'
import { queuePage } from './ops/queue/view.ts'
import { healthRoutes, opsRoutes } from './ops/routes.ts'
import { builtInSchedules } from './ops/schedules/built-in.ts'
import { scheduleRoutes } from './ops/schedules/routes.ts'
import { usageRoutes } from './ops/usage/routes.ts'
import { openFeeds } from './projects/feed.ts'
import { jobPages, jobRoutes } from './projects/jobs/routes.ts'
import type { ProjectPanels } from './projects/page.ts'
import { projectApi, projectPages } from './projects/routes.ts'
import { settingsRoutes } from './projects/settings-routes.ts'
import { machineOf, shellFor } from './projects/shell.ts'
import { taskPages } from './projects/tasks/form-routes.ts'
import { taskApi } from './projects/tasks/routes.ts'
import { redactor } from './redact.ts'
import { clipChoices } from './studio/clips.ts'
import { picturesOf } from './studio/pictures.ts'
import { studioRoutes } from './studio/routes.ts'
import { tidyStudio } from './studio/start.ts'
import { tierChoices } from './studio/tier-choices.ts'
import { streamsUpload, type UploadRoutesDeps, uploadRoutes } from './studio/uploads/routes.ts'
import { assetRoutes } from './web/assets.ts'
import { bodies } from './web/body.ts'
import { csrf } from './web/csrf.ts'
import { errors } from './web/errors.ts'
import { type Actor, guard } from './web/guard.ts'
import { securityHeaders } from './web/headers.ts'
import { hostCheck, hosts, listenerOptions, originAt } from './web/hosts.ts'
import { openLasting } from './web/lasting.ts'
import { hostName, listening, urlsElsewhere } from './web/listen.ts'
import type { ListedRoute } from './web/openapi.ts'
import { formLimit } from './workspace/editing/edit-pages-routes.ts'
import { executionRoutes } from './workspace/execution/execution-routes.ts'
import { runPanel } from './workspace/execution/panel.ts'
import { fileRow, filesOf } from './workspace/files.ts'
import { openPreview } from './workspace/preview.ts'
import { type ProposalRoutesDeps, proposalRoutes } from './workspace/proposals/routes.ts'
import { readsItsOwnBody, workspaceRoutes } from './workspace/routes.ts'
import { type TrashRoutesDeps, trashRoutes } from './workspace/trash/routes.ts'

/** How long work waits at the start to hear which models servers of one's own have. */
const HEARD_MS = 1_000

export type App = Awaited<ReturnType<typeof createApp>>

/** Builds every engine and mounts every room. Nothing listens or works until `listen` and `startWork`; disposing stops all of it. */
export async function createApp(config: Config, overrides: Overrides = {}) {
  await using opening = new AsyncDisposableStack()
  const localSecret = newSecret()
  const redact = redactor([...secretsIn(config), localSecret])
  const engines = await openEngines(config, overrides, redact, opening)
  const state: State = {
    worker: undefined,
    scheduler: undefined,
    renewals: undefined,
    port: config.port,
    previewPort: config.previewPort,
    localSecret,
    routes: [],
  }
  const { app, preview } = mount(config, engines, state, opening)
  await app.modules
  state.routes = app.routes
  const opened = opening.move()
  return {
    ...engines,
    app,
    preview,
    localSecret,
    /** Opens both listeners. @throws Conflict `port_in_use` */
    listen() {
      const { host } = config
      const shown = listening(host, config.previewPort, (at) =>
        Bun.serve({ ...listenerOptions(engines.log), ...at, fetch: preview }),
      )
      opened.defer(() => shown.stop(true))
      state.previewPort = shown.port!
      const served = listening(host, config.port, (at) => app.listen(at).server!)
      opened.defer(() => served.stop(true))
      state.port = served.port!
      const local = `http://${hostName(host)}:${served.port}`
      opened.use(announceServer(config.data, { url: local, secret: state.localSecret }))
      return {
        /** For browsers. */
        url: config.url ?? local,
        /** For this machine alone, also where a proxy stands in front. */
        local,
        /** For the other machines of the network, where no outside URL says it. */
        elsewhere: config.url ? [] : urlsElsewhere(host, served.port!),
        port: served.port!,
        previewPort: state.previewPort,
      }
    },
    /** Takes over what an earlier run left, and works until disposed. */
    async startWork() {
      const lanes = { ...lanesOf({ ...config, slots: () => engines.devices.counts().slots }), ...overrides.lanes }
      await Promise.all([heard(engines), engines.modelStore.ready])
      opened.use(await tidyStudio(engines))
      state.worker = await startWorker({ ...engines, boot: engines.newId(), lanes, onWider: engines.devices.onChange })
      await ensureSchedules(engines, builtInSchedules())
      state.scheduler = await startScheduler(engines)
      state.renewals = watchRenewals(engines)
    },
    async [Symbol.asyncDispose]() {
      const { worker, scheduler, renewals } = state
      state.worker = undefined
      await renewals?.[Symbol.asyncDispose]()
      await scheduler?.[Symbol.asyncDispose]()
      await worker?.[Symbol.asyncDispose]()
      engines.hub.shutdown()
      await opened[Symbol.asyncDispose]()
    },
  }
}

/** Asks servers of one's own for their models, from now on, and waits a moment for the first word: work may need it. */
async function heard({ reach, clock }: Engines): Promise<void> {
  reach.watch()
  await Promise.race([reach.asked, clock.sleep(HEARD_MS)])
}

interface State {
  worker: Worker | undefined
  scheduler: Scheduler | undefined
  renewals: AsyncDisposable | undefined
  port: number
  previewPort: number
  localSecret: string
  /** All routes, once they are mounted. */
  routes: readonly ListedRoute[]
}

/** All URLs: what is open to everybody first, then one block behind the guard. */
function mount(config: Config, engines: Engines, state: State, opened: AsyncDisposableStack) {
  const { read, db, log, newId, now, watch } = engines
  const cookie = sessionCookie(config.url)
  const meantForUs = hostCheck({ bound: config.host, urls: [config.url, config.previewUrl] })
  const accounts = { ...engines, hasher: openHasher(), cookie }
  const enter = authenticate({ db, now, log, cookie, localSecret: state.localSecret })
  const door = guard(enter)
  const lasting = opened.use(openLasting(enter))
  const machine = () => machineOf(watch.now())
  const shell = (actor: Actor, title: string) => shellFor({ read, machine }, actor, title)
  const origin = (request: Request) => config.url ?? new URL(request.url).origin
  const previewOrigin = (request: Request) => config.previewUrl ?? originAt(request, state.previewPort)
  const appOrigins = (request: Request) => [
    ...(config.url ? [new URL(config.url).origin] : []),
    originAt(request, state.port),
  ]
  const preview = openPreview({ ...engines, appOrigins })
  const panels = panelsOf(engines, preview)
  const rooms = { ...engines, guard: door, door, lasting, machine, panels, origin, previewOrigin }
  const projects = {
    ...rooms,
    feeds: openFeeds({ ...engines, panels }),
    tiers: () => tierChoices(engines),
    tierNamed: (name: string | undefined) => parseTierWish(name ?? 'auto'),
  }
  const ops = { door, ...opsFacts(config, engines, state) }
  const app = new Elysia({ serve: { idleTimeout: 30, ...listenerOptions(log) } })
    .use(hosts(meantForUs))
    .use(securityHeaders({ previewOrigin }))
    .use(errors({ log, newId }))
    .use(csrf({ url: config.url }))
    .use(assetRoutes)
    .use(healthRoutes({ db, working: () => state.worker !== undefined }))
    .use(
      new Elysia()
        .use(bodies({ leaves: streams })) // lengths are looked at for all routes
        .use(publicAccountRoutes({ ...accounts, authenticate: enter, proxied: config.url !== undefined })),
    )
    .use(
      new Elysia().use(door).guard({ signedIn: true }, (inside) =>
        inside
          .use(bodies({ leaves: streams, limitFor: formLimit })) // behind the door: nobody's body is read before it is known who asks
          .use(accountRoutes({ ...accounts, door, shell }))
          .use(projectPages(projects))
          .use(projectApi(projects))
          .use(taskApi(rooms))
          .use(taskPages(rooms))
          .use(agentRoutes(rooms))
          .use(jobRoutes(rooms))
          .use(jobPages(rooms))
          .use(settingsRoutes(projects))
          .use(filesRoutes({ ...projects, trashDays: config.trashDays, uploadBytes: config.uploadBytes }))
          .use(executionRoutes(rooms))
          .use(studioRoutes({ ...projects, choices: () => choicesOf(engines, projects.tiers()) }))
          .use(opsRoutes({ ...engines, ...ops }))
          .use(scheduleRoutes({ ...engines, door, shell }))
          .use(modelRoutes({ ...engines, door, shell }))
          .use(usageRoutes({ ...engines, door, shell }))
          .use(gpuRoutes({ ...rooms, shell, reserveBytes: config.gpu.reserveBytes }, opened)),
      ),
    )
  return { app, preview: async (request: Request) => meantForUs(request) ?? preview.handle(request) }
}

/** What pictures are made on and with, and what waits to be made. */
function gpuRoutes(
  rooms: Engines & GpuModelRoutesDeps & Pick<QueueRoutesDeps, 'door' | 'lasting' | 'shell'>,
  opened: AsyncDisposableStack,
) {
  const feed = opened.use(openDevicesFeed(rooms))
  const queueFeed = opened.use(openLivePage(rooms, async () => queueRegions(await queuePage(rooms))))
  return new Elysia()
    .use(deviceRoutes({ ...rooms, feed }))
    .use(learnedRoutes(rooms))
    .use(gpuModelRoutes(rooms))
    .use(queueRoutes({ ...rooms, queueFeed }))
}

/** What the forms for a picture and for a clip offer. */
function choicesOf(engines: Engines, tiers: { id: string; label: string }[]) {
  const drawing = engines.modelStore.installed().filter(({ profile }) => profile.functions.includes('image'))
  return { models: drawing.map(({ profile: { id, label } }) => ({ id, label })), clips: clipChoices(engines), tiers }
}

/** A project's files, what waits to become of them, and what was deleted. */
function filesRoutes(
  deps: Parameters<typeof workspaceRoutes>[0] & ProposalRoutesDeps & TrashRoutesDeps & UploadRoutesDeps,
) {
  return new Elysia()
    .use(workspaceRoutes(deps))
    .use(uploadRoutes(deps))
    .use(proposalRoutes(deps))
    .use(trashRoutes(deps))
}

/** Whether a route reads the body itself, as it arrives. */
function streams(request: Request): boolean {
  return readsItsOwnBody(request) || streamsUpload(request)
}

/** What a project's page shows of the rooms that come after it. */
function panelsOf(engines: Engines, preview: { path: ProjectPanels['previewPath'] }): ProjectPanels {
  const { read, models } = engines
  return {
    files: async (project) => (await filesOf(read, project)).map(fileRow),
    pictures: (project) => picturesOf(read, project),
    previewPath: preview.path,
    asides: async (project) => [await runPanel(engines, project), ...(await agentAsides(engines, project))],
    modelLabel: (model) => labelOf(models, model),
  }
}

function opsFacts(config: Config, engines: Engines, state: State) {
  const { db, models, now, reach, sandbox, setup, watch } = engines
  const doctor = {
    config,
    db,
    get serving() {
      return `http://${hostName(config.host)}:${state.port}`
    },
    devices: () => watch.look(),
    watch,
    models,
    sandbox,
    providers: { places: () => setup.current.places, reach },
    tmp: tmpdir(),
    now,
  }
  return { doctor, backup: engines, running: () => state.worker?.running ?? 0, routes: () => state.routes }
}
