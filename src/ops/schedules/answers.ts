import { z } from 'zod'
import { JobForm } from '../../projects/jobs/answers.ts'
import { type Answer, says } from '../../web/openapi.ts'

const Time = z.number().int().describe('ms since the epoch')

const ScheduleForm = z
  .object({
    id: z.string(),
    name: z.string(),
    cron: z.string().describe('Minute, hour, day, month, weekday.'),
    timezone: z.string().describe('An IANA name, as Europe/Berlin.'),
    kind: z.string().describe('The kind of job that it runs.'),
    input: z.unknown(),
    missed: z.enum(['once', 'skip']).describe('What becomes of firings while the server was down.'),
    builtIn: z.boolean(),
    pausedAt: Time.nullable(),
    createdBy: z.string(),
    createdAt: Time,
    nextAt: Time.nullable(),
    last: z
      .object({
        job: z.string(),
        state: JobForm.shape.state,
        at: Time,
        endedAt: Time.nullable(),
        says: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Schedule' })

const TAG = 'Schedules'
const changed = (): Record<number, Answer> => ({
  200: { says: 'The schedule as it is now.', form: z.object({ schedule: ScheduleForm }) },
})

/** What the API of schedules says of itself. */
export const SCHEDULE_SAYS = {
  list: says('listSchedules', TAG, 'All schedules, when each runs next and how its last run went', () => ({
    200: { says: 'Those that come with Hearth first.', form: z.object({ items: z.array(ScheduleForm) }) },
  })),
  create: says('createSchedule', TAG, 'Add a schedule', () => ({
    201: { says: 'The schedule.', form: z.object({ schedule: ScheduleForm }) },
  })),
  retime: says('retimeSchedule', TAG, 'Give a schedule other times', changed),
  remove: says('deleteSchedule', TAG, 'Remove a schedule that does not come with Hearth', () => ({
    204: { says: 'It is gone; its jobs stay.' },
  })),
  pause: says('pauseSchedule', TAG, 'Pause a schedule', changed),
  resumption: says('resumeSchedule', TAG, 'Go on with a paused schedule', changed),
  run: says('runSchedule', TAG, 'Run a schedule now, paused or not', () => ({
    201: { says: 'The job; the one that waits already, if there is one.', form: z.object({ job: JobForm }) },
  })),
}
