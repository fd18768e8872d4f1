import { ASIDES, MONEY } from './aside-fixtures.ts'
import { filePages } from './file-fixtures.ts'
import { importPages } from './import-fixtures.ts'
import { jobPages } from './job-fixtures.ts'

/** Rich data for every page, as the rooms would give it. */
const MIN = 60_000
const NOW = Date.UTC(2026, 10, 20, 14, 3)

type Task = Record<string, unknown> & { children: Task[] }

export const JOB = {
  id: 'j1',
  phase: 'writing',
  bytes: 4300,
  step: null as number | null,
  steps: null as number | null,
  etaMs: null as number | null,
  elapsed: 12.3,
  idleMs: 200,
  previewUrl: null as string | null,
  attempt: 1,
  retryAt: null as number | null,
  error: null as { code: string; message: string } | null,
}

export const RENDER = {
  ...JOB,
  id: 'j2',
  phase: 'denoise',
  bytes: 0,
  step: 18,
  steps: 35,
  etaMs: 11_000,
  previewUrl: '/raw/soft.svg',
}

export const SHELL = {
  title: 'Crumb & Co',
  account: { email: 'ada.lovelace@analytical-engines.example', role: 'owner' },
  projects: [
    { id: 'p1', title: 'Crumb & Co', status: 'working', note: '7 of 12' },
    { id: 'p2', title: 'Lighthouse film with a rather long title', status: 'working', note: 'shot 4' },
    { id: 'p3', title: 'Photo renamer', status: 'done', note: 'done' },
    { id: 'p4', title: 'Choir site', status: 'held', note: 'asks you' },
    { id: 'p5', title: 'Allotment diary', status: 'paused', note: 'paused' },
    { id: 'p6', title: 'Tide tables', status: 'failed', note: 'failed' },
    { id: 'p7', title: 'Old sketch', status: 'cancelled', note: 'stopped' },
  ],
  current: null as string | null,
  machine: {
    name: 'RTX 4070 Ti',
    tier: 'high',
    freeGb: 4.6 as number | null,
    totalGb: 12 as number | null,
    others: 1,
  } as object | null,
  demo: false,
}

export const PROJECT = {
  id: 'p1',
  title: 'Crumb & Co',
  brief: 'A landing page for a bakery called Crumb & Co, with opening hours, a menu page and three pictures',
  summary: 'A small, warm site of three pages.',
  status: 'working',
  kindWord: 'Website',
  model: 'demo',
  modelLabel: 'Demo model',
  demo: true,
  tier: 'high',
  createdAt: NOW,
  elapsedMs: 48_000,
  done: 7,
  total: 12,
  error: null as { message: string } | null,
  planning: false,
}

export const TREE: Task[] = [
  task('t1', 'Plan the site', 'done', { seconds: 9 }),
  task('t2', 'Shared look', 'done', { path: 'styles.css', bytes: 3170, seconds: 11, kind: 'write' }, [
    task('t3', 'Colours and type', 'done', { seconds: 3 }),
    task('t4', 'Header and footer', 'done', { seconds: 7 }),
  ]),
  task('t5', 'Pages', 'running', {}, [
    task('t6', 'Home', 'done', { path: 'index.html', bytes: 6960, seconds: 14, kind: 'write' }),
    task('t7', 'Menu', 'running', { path: 'menu.html', kind: 'write', job: JOB }),
    task('t8', 'Opening hours', 'waiting', { path: 'hours.html', kind: 'write', waitsFor: ['Menu'] }),
    task('t9', 'A page with <b>odd</b> & dangerous words', 'queued', {
      kind: 'write',
      path: 'a/very/long/path/to/some/deeply-nested-component-file.html',
      job: { ...JOB, retryAt: NOW },
    }),
  ]),
  task('t10', 'Pictures', 'running', {}, [
    task('t11', 'Shop front', 'done', {
      kind: 'render',
      path: 'images/front.png',
      width: 1024,
      height: 768,
      seconds: 31,
    }),
    task('t12', 'Loaves on a board', 'running', { kind: 'render', path: 'images/loaves.png', job: RENDER }),
    task('t13', 'Pastry case', 'held', {
      kind: 'render',
      path: 'images/pastry.png',
      job: {
        ...JOB,
        id: 'j3',
        error: { code: 'out_of_memory', message: 'Out of memory at high; goes on at standard when you try again.' },
      },
    }),
    task('t14', 'Window display', 'failed', {
      kind: 'render',
      path: 'images/window.png',
      job: {
        ...JOB,
        id: 'j4',
        attempt: 5,
        error: {
          code: 'worker_died',
          message: 'The picture worker stopped five times in a row. Look at the log, then try again.',
        },
      },
    }),
    task('t15', 'Night scene', 'cancelled', { kind: 'render', path: 'images/night.png', job: { ...JOB, id: 'j5' } }),
    task('t16', 'Morning scene', 'paused', { kind: 'render', path: 'images/morning.png', job: { ...JOB, id: 'j6' } }),
  ]),
  task('t17', 'Check everything', 'waiting', { waitsFor: ['Opening hours', 'Pastry case'] }),
]

export const FILES = [
  file('index.html', 'html', 6960, 2),
  file('menu.html', 'html', 4300, 1),
  file('styles.css', 'css', 3170, 1),
  file('images/front.png', 'png', 913_000, 1),
  file('a/very/long/path/to/some/deeply-nested-component-file.html', 'html', 1200, 1),
]

export const PICTURES = [
  {
    path: 'images/front.png',
    url: '/raw/front.svg',
    width: 1024,
    height: 768,
    seed: 4711,
    title: 'Shop front',
    prompt: 'A bakery’s shop front at dawn',
  },
  {
    path: 'images/oven.png',
    url: '/raw/oven.svg',
    width: 768,
    height: 1024,
    seed: 12,
    title: 'The oven',
    prompt: 'A brick oven',
  },
]

export const ACTIVE = [
  { taskId: 't7', verb: 'Writing', name: 'menu.html', job: JOB },
  { taskId: 't12', verb: 'Rendering', name: 'images/loaves.png', job: RENDER },
  {
    taskId: 't13',
    verb: 'Writing',
    name: 'hours.html',
    job: { ...JOB, id: 'j7', idleMs: 8000, attempt: 2, phase: 'asking', bytes: 0 },
  },
]

export const LIVE = {
  job: 'j1',
  path: 'menu.html',
  text: '<section class="menu">\n  <h2>Baked before you wake</h2>\n  <ul>\n    <li>Country loaf <b>4.20</b></li>\n    <li>Cardamom bun <b>2.80</b></li>\n',
}

const CHECK = {
  state: 'done',
  job: 'j9',
  checked: 5,
  findings: [{ path: 'menu.html', problem: 'The prices differ from the brief’s.', fix: 'Use those of the brief.' }],
  reading: { state: 'read', provider: 'p', model: 'm', files: 3, whole: 3 },
  repairs: [{ path: 'menu.html', state: 'running' }],
  outdated: true,
  problems: [
    { path: 'menu.html', message: 'The link to “hours.html” leads nowhere. Make that page, or mend the link.' },
  ],
  notes: [{ path: 'index.html', message: 'The picture has no text for those who can’t see it.' }],
}

export const SHOW = {
  shell: { ...SHELL, current: 'p1' },
  project: PROJECT,
  tree: TREE,
  drafted: [] as { title: string; kind: string; path: string | null }[],
  proposals: [],
  money: MONEY,
  asides: ASIDES,
  check: null as object | null,
  changes: [
    { id: 'c1', path: 'index.html', what: 'changed', by: 'a person', at: 1_795_000_000_000, stands: true },
    { id: 'c2', path: 'styles.css', what: 'written', by: 'Hearth', at: 1_795_000_000_000, stands: false },
  ],
  active: ACTIVE,
  files: FILES,
  pictures: PICTURES,
  preview: { url: 'http://localhost:4399/index.html', path: 'index.html' } as { url: string; path: string } | null,
  live: LIVE as typeof LIVE | null,
  origin: 'http://hearth.lan:4321',
  stream: null as { url: string; lastSeq: number } | null,
}

const still = { active: [], live: null, preview: null }

type Fixture = { view: string; data: Record<string, unknown> & { shell: Record<string, unknown> & { title: string } } }

export const PAGES: Record<string, Fixture> = {
  setup: { view: 'accounts/setup', data: { shell: alone('Set up'), token: 't', email: '', error: null } },
  'setup-error': {
    view: 'accounts/setup',
    data: {
      shell: alone('Set up'),
      token: 't',
      email: 'ada',
      error: { message: 'The password is too short. Take at least 8 characters.' },
    },
  },
  'sign-in': { view: 'accounts/sign-in', data: { shell: alone('Sign in'), next: '/', email: '', error: null } },
  'sign-in-error': {
    view: 'accounts/sign-in',
    data: {
      shell: alone('Sign in'),
      next: '/',
      email: 'ada@example.com',
      error: { message: 'That e-mail and password don’t belong together. Try again.' },
    },
  },
  home: { view: 'projects/home', data: home() },
  'home-empty': {
    view: 'projects/home',
    data: {
      ...home(),
      shell: {
        ...SHELL,
        projects: [],
        machine: { name: 'This machine', tier: 'low', freeGb: null, totalGb: null, others: 0 },
      },
      projects: [],
      demo: true,
    },
  },
  'home-error': {
    view: 'projects/home',
    data: { ...home(), brief: ' ', error: { message: 'Say what you want to make, in a sentence or two.' } },
  },
  ...jobPages(SHELL, JOB, RENDER),
  working: { view: 'projects/show', data: SHOW },
  planning: {
    view: 'projects/show',
    data: {
      ...SHOW,
      ...still,
      active: [{ taskId: null, verb: 'Planning', name: 'the project', job: { ...JOB, phase: 'thinking', bytes: 0 } }],
      project: { ...PROJECT, title: 'A landing page for a bakery', planning: true, done: 0, total: 0, elapsedMs: 3000 },
      tree: [],
      files: [],
      pictures: [],
    },
  },
  done: {
    view: 'projects/show',
    data: {
      ...SHOW,
      ...still,
      preview: SHOW.preview,
      check: CHECK,
      project: { ...PROJECT, status: 'done', done: 12, demo: false, elapsedMs: 2.4 * MIN },
      tree: TREE.slice(0, 2),
    },
  },
  held: {
    view: 'projects/show',
    data: {
      ...SHOW,
      ...still,
      project: {
        ...PROJECT,
        status: 'held',
        error: { message: 'A picture needs more memory than this machine has. Try it again at standard.' },
      },
    },
  },
  failed: {
    view: 'projects/show',
    data: {
      ...SHOW,
      ...still,
      project: {
        ...PROJECT,
        status: 'failed',
        done: 0,
        total: 0,
        error: { message: 'The model answered with no plan three times. Try again, or choose another model.' },
      },
      tree: [],
      files: [],
      pictures: [],
    },
  },
  paused: { view: 'projects/show', data: { ...SHOW, ...still, project: { ...PROJECT, status: 'paused' } } },
  cancelled: { view: 'projects/show', data: { ...SHOW, ...still, project: { ...PROJECT, status: 'cancelled' } } },
  ...importPages({ ...SHELL, current: 'p1' }, PROJECT),
  ...filePages({ shell: SHELL, project: PROJECT, files: FILES, now: NOW }),
  tokens: {
    view: 'accounts/tokens',
    data: {
      shell: { ...SHELL, title: 'API tokens' },
      made: 'hth_9wqk2b8f0sdfkjhsdfkjh2398',
      error: null,
      tokens: [{ id: 'k1', name: 'laptop', scopes: [], createdAt: NOW, lastUsedAt: null }],
    },
  },
  error: {
    view: 'errors/page',
    data: {
      shell: alone('There is nothing here'),
      problem: {
        title: 'There is nothing here',
        detail: 'There is nothing at this address. Check it, or go on from the start page.',
        status: 404,
        code: 'unknown_page',
      },
    },
  },
}

function task(
  id: string,
  title: string,
  state: string,
  more: Record<string, unknown> = {},
  children: Task[] = [],
): Task {
  const none = {
    path: null,
    prompt: null,
    waitsFor: [],
    job: null,
    bytes: null,
    seconds: null,
    width: null,
    height: null,
  }
  return { id, title, kind: 'note', state, ...none, ...more, children }
}

function file(path: string, language: string, bytes: number, version: number) {
  return { path, language, bytes, version, url: `/projects/p1/files/${path}`, rawUrl: `/projects/p1/raw/${path}` }
}

function alone(title: string) {
  return { ...SHELL, title, account: null, projects: [], machine: null }
}

function home() {
  const rows = SHELL.projects.map((project) => ({ ...project, brief: PROJECT.brief, createdAt: NOW }))
  const models = [
    { id: 'demo', label: 'Demo model' },
    { id: 'anthropic/claude', label: 'Claude (Anthropic)' },
  ]
  const tiers = ['low', 'standard', 'high', 'premium'].map((id) => ({ id, label: id }))
  return {
    shell: { ...SHELL, title: 'Projects' },
    brief: '',
    error: null,
    models,
    tiers,
    model: '',
    tier: '',
    demo: false,
    projects: rows,
  }
}
