/** The page of a job in each of its states. */
const NOW = Date.UTC(2026, 10, 20, 14, 3)

const ATTEMPT = {
  job: 'j4',
  attempt: 1,
  startedAt: NOW,
  endedAt: (NOW + 9_000) as number | null,
  queuedAt: NOW - 2_000,
  firstByteAt: (NOW + 700) as number | null,
  outcome: 'retried' as string | null,
  phase: 'writing',
  bytes: 2_300,
  provider: 'anthropic' as string | null,
  model: 'claude-sonnet' as string | null,
  engine: null as string | null,
  device: null as string | null,
  inputHash: 'd2a84f4b8b650937ec8f73cd8be2c74add5a911ba64df27458ed8229da804a26',
  error: {
    code: 'model_unavailable',
    message: 'Anthropic can’t be reached, or broke off. Check the network; Hearth tries again by itself.',
    context: { status: 503, said: 'overloaded <b>' },
  } as object | null,
  tail: '\n<ul>\n  <li>Country loaf <b>4.20</b></li>\n' as string | null,
  stack:
    `DomainError: broke off\n    at ask (/srv/hearth/src/llm/a-very-long-name-of-a-file-without-any-space-in-it/${'x'.repeat(90)}.ts:1:1)` as
      | string
      | null,
}

const RAN = { tail: null, stack: null, error: null }

const DECIDED = {
  attempt: 2,
  device: 'NVIDIA GeForce RTX 4080',
  what: 'sdxl/base on diffusers, tier high, 1024 x 1024, 35 steps, 4 pictures',
  reason:
    'SDXL at tier high, the highest that fits: needs 12 GB (as it took here before) of 14 GB free on NVIDIA GeForce RTX 4080, less 0.5 GB that are left alone; tier premium would need 18 GB.',
  lowered: ['Tiling: off → on, since memory ran out, so decoding tile by tile', 'Offloading: none → model, since <b>'],
  facts: [
    ['Ladder', 'decoding tile by tile'],
    ['Needs', '12 GB, of 14 GB that were free of 16 GB'],
    ['Times', 'queued 2 s, waited for a device 0.1 s, load 9 s'],
  ],
}

interface Shell extends Record<string, unknown> {
  title: string
}

export function jobPages(shell: Shell, job: object, render: object) {
  const jobOf = (state: string, more: object = {}) => ({
    shell: { ...shell, title: 'menu.html', current: 'p1' },
    job: { id: 'j4', kind: 'write', state, attempt: 2, priority: 0, createdAt: NOW, endedAt: null },
    name: 'menu.html',
    project: { id: 'p1', title: 'Crumb & Co' },
    view: job,
    wait: null as object | null,
    attempts: [{ ...ATTEMPT, attempt: 2, outcome: 'failed' }, ATTEMPT],
    money: { spent: null, calls: [] as object[] },
    checkpoints: [] as object[],
    renders: [] as object[],
    made: null as object | null,
    stream: null,
    ...more,
  })
  return {
    'job-running': {
      view: 'jobs/show',
      data: jobOf('running', {
        view: { ...render, idleMs: 4_000 },
        made: { words: `a <b>red</b> boat ${'x'.repeat(90)}`, preview: null, artifacts: [], isClip: false },
        attempts: [
          {
            ...ATTEMPT,
            ...RAN,
            attempt: 2,
            outcome: null,
            endedAt: null,
            engine: 'sketch',
            device: 'cpu',
            model: null,
          },
          ATTEMPT,
        ],
        checkpoints: [{ name: 'file', attempt: 1, at: NOW }],
        renders: [DECIDED],
      }),
    },
    'job-waiting': {
      view: 'jobs/show',
      data: jobOf('queued', { wait: { until: NOW + 9_000, says: 'It failed twice and is tried again by itself.' } }),
    },
    'job-new': {
      view: 'jobs/show',
      data: jobOf('queued', { attempts: [], project: null, wait: { until: null, says: 'It is next.' } }),
    },
    'job-held': {
      view: 'jobs/show',
      data: jobOf('held', {
        view: { ...job, error: { code: 'crashed_server', message: 'The server stopped 2 times while this job ran.' } },
        wait: { until: null, says: 'It is held, until somebody decides how it goes on.' },
        attempts: [{ ...ATTEMPT, ...RAN, outcome: 'lost' }],
      }),
    },
    'job-failed': { view: 'jobs/show', data: jobOf('failed', { view: { ...job, error: ATTEMPT.error } }) },
    'job-cancelled': { view: 'jobs/show', data: jobOf('cancelled') },
    'job-done': {
      view: 'jobs/show',
      data: jobOf('succeeded', { attempts: [{ ...ATTEMPT, ...RAN, outcome: 'succeeded' }] }),
    },
  }
}
