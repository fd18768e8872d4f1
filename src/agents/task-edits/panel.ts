import type { Reader } from '../../db/open.ts'
import type { Aside } from '../../projects/page.ts'
import { renderView } from '../../web/views.ts'
import { wishViews } from './wishes.ts'

/** The box in which a person says what should be different in a plan, and what was made of it, as a part of the project's page. */
export async function wishPanel(read: Reader, project: string): Promise<Aside> {
  const view = { project, wishes: await wishViews(read, project) }
  const wishes = renderView('agents/_wishes', view)
  return { html: renderView('agents/wish', view), regions: [{ id: 'wishes', sign: wishes, html: wishes }] }
}
