import { z } from 'zod'
import { ContestedForm } from '../../changes/contest-answer.ts'
import { type Answer, says } from '../../web/openapi.ts'
import { TaskForm } from '../answers.ts'

const TAG = 'Tasks'
const contested: Answer = {
  says: 'It was changed in the same place since. An edit can be sent again with a choice for each, as `choices`.',
  form: ContestedForm,
  type: 'application/problem+json',
}
const task = (words: string) => (): Record<number, Answer> => ({
  200: { says: words, form: z.object({ task: TaskForm }) },
})
const edited = (words: string) => (): Record<number, Answer> => ({ ...task(words)(), 412: contested })
const made = (words: string) => (): Record<number, Answer> => ({
  201: { says: words, form: z.object({ task: TaskForm }) },
})

/** What the API of tasks says of itself. */
export const TASK_SAYS = {
  create: says('createTask', TAG, 'Add a task to a plan', made('The new task.')),
  get: says('getTask', TAG, 'A task; its ETag is its version', task('The task.')),
  edit: says(
    'editTask',
    TAG,
    'Change a task; If-Match or baseVersion says which version you saw',
    edited('The task as it is now.'),
  ),
  finish: says('finishTask', TAG, 'Mark a task as done by hand', made('The task as it is now.')),
  remove: says('removeTask', TAG, 'Remove a task and all beneath it', () => ({
    200: {
      says: 'The change that this made.',
      form: z.object({ change: z.string() }),
    },
    412: contested,
  })),
}
