import down from 'lucide-static/icons/arrow-down.svg' with { type: 'text' }
import arrowLeft from 'lucide-static/icons/arrow-left.svg' with { type: 'text' }
import up from 'lucide-static/icons/arrow-up.svg' with { type: 'text' }
import ban from 'lucide-static/icons/ban.svg' with { type: 'text' }
import bot from 'lucide-static/icons/bot.svg' with { type: 'text' }
import usage from 'lucide-static/icons/chart-column.svg' with { type: 'text' }
import check from 'lucide-static/icons/circle-check.svg' with { type: 'text' }
import waiting from 'lucide-static/icons/circle-dashed.svg' with { type: 'text' }
import paused from 'lucide-static/icons/circle-pause.svg' with { type: 'text' }
import asks from 'lucide-static/icons/circle-question-mark.svg' with { type: 'text' }
import stop from 'lucide-static/icons/circle-stop.svg' with { type: 'text' }
import failed from 'lucide-static/icons/circle-x.svg' with { type: 'text' }
import clock from 'lucide-static/icons/clock.svg' with { type: 'text' }
import device from 'lucide-static/icons/cpu.svg' with { type: 'text' }
import download from 'lucide-static/icons/download.svg' with { type: 'text' }
import external from 'lucide-static/icons/external-link.svg' with { type: 'text' }
import fileCode from 'lucide-static/icons/file-code.svg' with { type: 'text' }
import folder from 'lucide-static/icons/folder.svg' with { type: 'text' }
import grip from 'lucide-static/icons/grip-vertical.svg' with { type: 'text' }
import history from 'lucide-static/icons/history.svg' with { type: 'text' }
import picture from 'lucide-static/icons/image.svg' with { type: 'text' }
import importing from 'lucide-static/icons/import.svg' with { type: 'text' }
import key from 'lucide-static/icons/key-round.svg' with { type: 'text' }
import queue from 'lucide-static/icons/list-ordered.svg' with { type: 'text' }
import running from 'lucide-static/icons/loader-circle.svg' with { type: 'text' }
import leave from 'lucide-static/icons/log-out.svg' with { type: 'text' }
import talk from 'lucide-static/icons/message-circle.svg' with { type: 'text' }
import attach from 'lucide-static/icons/paperclip.svg' with { type: 'text' }
import pause from 'lucide-static/icons/pause.svg' with { type: 'text' }
import edit from 'lucide-static/icons/pencil.svg' with { type: 'text' }
import play from 'lucide-static/icons/play.svg' with { type: 'text' }
import plus from 'lucide-static/icons/plus.svg' with { type: 'text' }
import again from 'lucide-static/icons/rotate-ccw.svg' with { type: 'text' }
import send from 'lucide-static/icons/send-horizontal.svg' with { type: 'text' }
import settings from 'lucide-static/icons/settings-2.svg' with { type: 'text' }
import demo from 'lucide-static/icons/sparkles.svg' with { type: 'text' }
import remove from 'lucide-static/icons/trash-2.svg' with { type: 'text' }
import warning from 'lucide-static/icons/triangle-alert.svg' with { type: 'text' }
import undo from 'lucide-static/icons/undo-2.svg' with { type: 'text' }
import upload from 'lucide-static/icons/upload.svg' with { type: 'text' }
import offline from 'lucide-static/icons/wifi-off.svg' with { type: 'text' }

/** The icons that pages may use, by what they mean. Each state of a task or project has a shape of its own. */
const ICONS = {
  working: running,
  running,
  done: check,
  held: asks,
  ready: asks,
  failed,
  paused,
  cancelled: ban,
  waiting,
  queued: clock,
  again,
  attach,
  back: arrowLeft,
  demo,
  device,
  down,
  download,
  import: importing,
  edit,
  external,
  file: fileCode,
  folder,
  grip,
  history,
  key,
  leave,
  models: bot,
  offline,
  pause,
  picture,
  play,
  plus,
  queue,
  remove,
  send,
  settings,
  stop,
  usage,
  talk,
  undo,
  up,
  upload,
  warning,
} as const

export type IconName = keyof typeof ICONS

const drawn = new Map<string, string>()

/** One icon as inline SVG, hidden from screen readers: a word always stands beside it. @throws Error on an unknown name. */
export function icon(name: string): string {
  const known = drawn.get(name)
  if (known) return known
  if (!Object.hasOwn(ICONS, name)) throw new Error(`There is no icon “${name}”. Add it to src/web/icons.ts.`)
  const svg = draw(name, ICONS[name as IconName])
  drawn.set(name, svg)
  return svg
}

function draw(name: string, source: string): string {
  const shapes = source.slice(source.indexOf('>', source.indexOf('<svg')) + 1, source.lastIndexOf('</svg>'))
  const inner = shapes.replace(/\s+/g, ' ').trim()
  return `<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${inner}</svg>`
}
