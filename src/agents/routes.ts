import { Elysia } from 'elysia'
import type { Aside } from '../projects/page.ts'
import { talkPanel } from './conversation/panel.ts'
import { type ConversationRoutesDeps, conversationRoutes } from './conversation/routes.ts'
import { wishPanel } from './task-edits/panel.ts'
import { wishRoutes } from './task-edits/routes.ts'

/** All that the agents answer to. */
export function agentRoutes(deps: ConversationRoutesDeps) {
  return new Elysia().use(conversationRoutes(deps)).use(wishRoutes(deps))
}

/** What the agents show on a project's page. */
export async function agentAsides(deps: Parameters<typeof talkPanel>[0], project: string): Promise<Aside[]> {
  return [await wishPanel(deps.read, project), await talkPanel(deps, project)]
}
