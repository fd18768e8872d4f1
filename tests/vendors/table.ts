import { MISBEHAVIOURS, type MisbehaviourName } from './misbehaviours.ts'
import { VENDOR_NAMES, type VendorName } from './stack.ts'

/**
 * What comes of a misbehaviour that happens once, and of one that goes on: what Hearth did and then had the whole answer,
 * or the code of the error that ended it.
 */
export type Cell = [once: string, always: string]

interface Row {
  usual: Cell
  /** Vendors of which something else comes. */
  but?: Partial<Record<VendorName, Cell>>
}

const READ: Cell = ['read', 'read']
const LATE: Cell = ['next attempt', 'model_first_content_timeout']
const AWAY: Cell = ['asked again', 'model_unavailable']
const CUT: Cell = ['continued', 'model_cut_off']
const LIMITED: Cell = ['asked again', 'model_rate_limited']
const always = (code: string): Cell => [code, code]

export const TABLE: Record<MisbehaviourName, Row> = {
  'stalls before the headers': { usual: LATE },
  'stalls before the headers, with pings': { usual: LATE },
  'stalls before the content': { usual: LATE },
  'stalls before the content, with pings': { usual: LATE },
  'stalls in the middle': { usual: CUT },
  'stalls in the middle, with pings': { usual: CUT },
  'closes before the headers': { usual: AWAY },
  'closes after the headers': { usual: AWAY },
  'closes in the middle, as if done': { usual: CUT },
  'closes in the middle, mid-response': { usual: CUT },
  'resets the connection at once': { usual: AWAY },
  'resets the connection in the middle': { usual: CUT },
  'sends a broken frame': { usual: CUT },
  'splits characters and frames at every byte': { usual: READ },
  'reports an error in the stream': { usual: CUT },
  'cuts at the output limit': { usual: CUT },
  // Ollama's protocol has no refusal: the answer just ends, without the file's end line.
  refuses: { usual: always('model_refused'), but: { ollama: CUT } },
  'answers 400': { usual: always('model_bad_request') },
  'answers 401': { usual: always('model_auth') },
  'answers 402': { usual: always('model_billing') },
  'answers 404': { usual: always('unknown_model') },
  'answers 408': { usual: AWAY },
  'answers 413': { usual: always('model_bad_request') },
  'answers 429': { usual: LIMITED },
  'answers 429 with Retry-After': { usual: LIMITED },
  'answers 429 with retry-after-ms': { usual: LIMITED },
  'answers 500': { usual: AWAY },
  'answers 529': { usual: ['asked again', 'model_overloaded'] },
  'redirects elsewhere': { usual: always('model_wrong_address') },
  'answers a web page': { usual: always('model_wrong_address') },
  'sends 10 MB of one line': { usual: always('model_answer_too_long') },
  'sends 10 MB in one frame': { usual: AWAY },
  'makes a plan with a cycle': { usual: ['told why', 'plan_unusable'] },
  // Gemini ends such an answer itself; Ollama sends what it can't read as text.
  'calls a tool with malformed JSON': {
    usual: ['told why', 'no_progress'],
    but: { google: ['asked again', 'model_cut_off'], ollama: READ },
  },
  'calls an unknown tool': { usual: ['told why', 'no_progress'] },
  'calls the same tool for ever': { usual: ['read', 'no_progress'] },
}

export function cellOf(name: MisbehaviourName, vendor: VendorName): Cell {
  const { usual, but = {} } = TABLE[name]
  return but[vendor] ?? usual
}

/** What comes of it with another model to fall back on: a refusal is an answer, and is not asked of another. */
export function withAnother([once, forEver]: Cell): string {
  return once === 'read' || forEver === 'model_refused' ? forEver : 'another model'
}

/** What is done before an error, in order; before all others nothing is. */
const WAYS: Record<string, string[]> = {
  model_unavailable: ['asked again', 'asked again'],
  model_rate_limited: ['asked again', 'asked again'],
  model_overloaded: ['asked again', 'asked again'],
  model_cut_off: ['continued', 'continued', 'continued', 'continued'],
  plan_unusable: ['told why', 'told why'],
  no_progress: ['told why', 'told why', 'told why'],
}

/** All that is done on the way to what comes of it, in order. */
export function wayTo(outcome: string): string[] {
  if (outcome === 'read') return []
  return WAYS[outcome] ?? (outcome.includes('_') ? [] : [outcome])
}

/** The table as the page has it. */
export function tableInWords(): string {
  const rows = Object.keys(MISBEHAVIOURS).map((name) => [
    name,
    ...VENDOR_NAMES.map((vendor) => inWords(cellOf(name as MisbehaviourName, vendor))),
  ])
  const lines = [['', ...VENDOR_NAMES], VENDOR_NAMES.reduce((line) => [...line, '---'], ['---']), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function inWords([once, forEver]: Cell): string {
  const said = (what: string) => (/_/.test(what) && what !== 'no_progress' ? `\`${what}\`` : what.replace('_', ' '))
  return once === forEver ? said(once) : `${said(once)}; ${said(forEver)}`
}
