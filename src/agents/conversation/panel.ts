import type { Reader } from '../../db/open.ts'
import type { Aside } from '../../projects/page.ts'
import type { Region } from '../../projects/regions.ts'
import { USUAL_FOLDER } from '../../studio/uploads/limits.ts'
import { renderView } from '../../web/views.ts'
import { filesOf } from '../../workspace/files.ts'
import { type ExchangeView, exchangeViews } from './view.ts'

const LOG = 'talk-log'
/** Uploads that are offered to be put beside a message. */
const OFFERED = 100

type ViewDeps = Parameters<typeof exchangeViews>[0]

/** The conversation as a part of its project's page. What is being typed is a region of its own, so that a word does not send the rest. */
export async function talkPanel(deps: ViewDeps, project: string): Promise<Aside> {
  const exchanges = await exchangeViews(deps, project)
  const view = { project, exchanges, attachable: await attachable(deps.read, project) }
  const files = renderView('agents/_attach', view)
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
      { id: 'talk-attach', sign: files, html: files },
      ...exchanges.flatMap((each) => regionsOf(project, each)),
    ],
  }
}

/** What was uploaded, the newest first. */
async function attachable(read: Reader, project: string): Promise<string[]> {
  const uploads = (await filesOf(read, project)).filter(({ path }) => path.startsWith(`${USUAL_FOLDER}/`))
  return uploads
    .sort((a, b) => b.at - a.at)
    .slice(0, OFFERED)
    .map(({ path }) => path)
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
