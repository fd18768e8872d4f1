import { FETCH } from '../gpu/models/fetch-job.ts'
import type { Width } from '../jobs/pump.ts'
import { CHAT, RUN } from '../projects/asides.ts'
import { UPKEEP } from './schedules/upkeep.ts'

/** Plans made at once. */
const PLANNERS = 4
/** Answers given at once, each in another project. */
const ANSWERERS = 4
/** Finished projects looked at at once. */
const CHECKERS = 2
/** Commands run at once in sandboxes, for people. */
const RUNNERS = 2

/** Most jobs at once, by lane: `writers` files are written, `slots()` pictures rendered, as many as there are devices now. */
export function lanesOf({ writers, slots }: { writers: number; slots: () => number }): Record<string, Width> {
  return {
    plan: PLANNERS,
    check: CHECKERS,
    [CHAT]: ANSWERERS,
    [RUN]: RUNNERS,
    write: writers,
    render: slots,
    [UPKEEP]: 1,
    [FETCH]: 1,
  }
}
