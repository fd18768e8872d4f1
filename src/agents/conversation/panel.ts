import type { Aside } from '../../projects/page.ts'
import type { Region } from '../../projects/regions.ts'
import { renderView } from '../../web/views.ts'
import { type ExchangeView, exchangeViews } from './view.ts'

const LOG = 'talk-log'

type ViewDeps = Parameters<typeof exchangeViews>[0]

/** The conversation as a part of its project's page. What is being typed is a region of its own, so that a word does not send the rest. */
export async function talkPanel(deps: ViewDeps, project: string): Promise<Aside> {
  const exchanges = await exchangeViews(deps, project)
  const view = { project, exchanges }
  const state = renderView('agents/_talk_state', view)
  const log = {
    id: LOG,
    sign: JSON.stringify(exchanges.map(({ id }) => id)),
    html: renderView('agents/_talk_log', view),
  }
  return {
    html: renderView('agents/talk', view),
    regions: [
      { id: 'talk-state', sign: state, html: state },
      log,
      ...exchanges.flatMap((each) => regionsOf(project, each)),
    ],
  }
}

function regionsOf(project: string, exchange: ExchangeView): Region[] {
  const id = `exchange-${exchange.id}`
  const html = renderView('agents/_exchange', { project, exchange })
  const typing = renderView('agents/_typing', { exchange })
  return [
    { id, within: LOG, html, sign: html.replace(typing, '') },
    { id: `typing-${exchange.id}`, within: id, html: typing, sign: typing },
  ]
}
