import { Conflict } from '../errors.ts'

export type JobState = 'queued' | 'running' | 'paused' | 'held' | 'succeeded' | 'failed' | 'cancelled'

/** What can happen to a job in each state, and where it leads. The CHECKs in the migration repeat the states. */
const MOVES = {
  queued: { start: 'running', cancel: 'cancelled', pause: 'paused' },
  running: {
    succeed: 'succeeded',
    fail: 'failed',
    backOff: 'queued',
    snooze: 'queued',
    release: 'queued',
    hold: 'held',
    cancel: 'cancelled',
    pause: 'paused',
  },
  paused: { resume: 'queued', cancel: 'cancelled' },
  held: { retry: 'queued', cancel: 'cancelled' },
  succeeded: {},
  failed: { retry: 'queued' },
  cancelled: { retry: 'queued' },
} as const satisfies Record<JobState, Record<string, JobState>>

export type Move =
  | 'start'
  | 'succeed'
  | 'fail'
  | 'backOff'
  | 'retry'
  | 'snooze'
  | 'release'
  | 'hold'
  | 'cancel'
  | 'pause'
  | 'resume'

/** The state that `move` leads to. @throws Conflict `not_allowed`, with the states that the move is allowed from. */
export function move(state: JobState, move: Move): JobState {
  const to = (MOVES[state] as Partial<Record<Move, JobState>>)[move]
  if (to) return to
  const from = statesThatAllow(move)
  throw new Conflict(
    'not_allowed',
    `A job that is ${state} can’t ${move}; that takes one that is ${from.join(' or ')}.`,
    {
      context: { state, move, from },
    },
  )
}

/** True when nothing more happens to the job unless somebody asks for it. */
export function isTerminal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}

export function statesThatAllow(move: Move): JobState[] {
  return (Object.keys(MOVES) as JobState[]).filter((state) => move in MOVES[state])
}
