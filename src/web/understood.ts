import type { z } from 'zod'
import { Invalid } from '../errors.ts'

/** What was sent, read by its form. @throws Invalid `invalid_input`, which names the first field that is wrong */
export function understood<T>(form: z.ZodType<T>, body: unknown): T {
  const read = form.safeParse(body ?? {})
  if (read.success) return read.data
  const { path, message } = read.error.issues[0]!
  const field = path.join('.')
  throw new Invalid('invalid_input', `The field “${field}” ${message}.`, { context: { field } })
}
