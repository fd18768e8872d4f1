import type { Region } from '../../projects/regions.ts'
import { renderView } from '../../web/views.ts'
import type { QueuePage } from './view.ts'

const PARTS = ['running', 'waiting', 'aside'] as const

/** The lists of the page, each sent whole when it differs. */
export function queueRegions(page: QueuePage): Region[] {
  return PARTS.map((part) => {
    const html = renderView(`ops/_queue_${part}`, page)
    return { id: `queue-${part}`, sign: html, html }
  })
}
