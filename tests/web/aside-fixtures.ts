import type { CallView } from '../../src/agents/conversation/call-view.ts'
import type { ExchangeView } from '../../src/agents/conversation/view.ts'
import type { WishView } from '../../src/agents/task-edits/wishes.ts'
import { renderView } from '../../src/web/views.ts'

const CALL: CallView = {
  id: 'c1',
  tool: 'read_file',
  says: 'Reads index.html',
  state: 'done',
  input: '{ "path": "index.html" }',
  diff: [],
  result: '1| <h1>Crumb</h1>',
  question: null,
  whole: null,
}

const SAID = {
  id: 'm1',
  text: 'We open at <b>8</b>.',
  by: 'person:ada',
  attachments: [{ path: 'uploads/<menu>.png', version: 2 }],
  at: Date.UTC(2026, 10, 21, 9, 0),
  state: 'answered',
  job: { id: 'j9', attempt: 1, state: 'succeeded' },
  rounds: [{ text: 'It **opens** at `8` now.\n\n- done', calls: [CALL], isPartial: false }],
  typing: null,
  note: null,
  standing: 1,
} satisfies ExchangeView

/** A conversation in which each state of an answer comes up. */
const EXCHANGES: ExchangeView[] = [
  SAID,
  {
    ...SAID,
    id: 'm2',
    state: 'asking',
    rounds: [
      {
        text: '',
        isPartial: false,
        calls: [
          {
            ...CALL,
            id: 'c2',
            state: 'asking',
            result: null,
            diff: [{ sign: '-', text: '<p>' }],
            question: {
              says: 'Delete old.html (80 bytes).',
              diff: [
                { sign: '-', text: '<p>' },
                { sign: '…', text: '9 more lines' },
              ],
              base: '1',
            },
          },
        ],
      },
    ],
  },
  { ...SAID, id: 'm3', state: 'answering', rounds: [], typing: 'I am th', standing: 0 },
  {
    ...SAID,
    id: 'm4',
    state: 'failed',
    rounds: [{ text: 'Half a', calls: [], isPartial: true }],
    note: 'It broke off.',
  },
  { ...SAID, id: 'm5', state: 'waiting', job: null, rounds: [], note: 'Waits for the answer above.', standing: 0 },
]

const WISH: WishView = {
  id: 'w1',
  request: 'Split the <gallery> in two',
  state: 'proposed',
  note: 'The menu has no deadline.',
  at: Date.UTC(2026, 10, 21, 9, 0),
  rows: [
    { what: 'added', title: 'Gallery 2', fields: [{ name: 'file', before: null, after: 'gallery-2.html' }] },
    { what: 'changed', title: 'Gallery', fields: [{ name: 'title', before: 'Gallery', after: 'Gallery 1' }] },
    { what: 'removed', title: 'Old', fields: [{ name: 'due', before: '2026-11-27', after: null }] },
  ],
  job: { id: 'j7', state: 'succeeded' },
  isStale: false,
  standing: 0,
  error: null,
}
const WISHES: WishView[] = [
  { ...WISH, id: 'w0', state: 'applied', standing: 2 },
  WISH,
  { ...WISH, id: 'w2', isStale: true },
  { ...WISH, id: 'w3', state: 'asked', rows: [], note: '' },
  { ...WISH, id: 'w4', state: 'asked', rows: [], note: '', error: 'The model said no.' },
]

/** The parts of a project's page that later rooms bring. */
export const ASIDES = [
  { html: renderView('agents/wish', { project: 'p', wishes: WISHES }), regions: [] },
  {
    html: renderView('agents/talk', { project: 'p', exchanges: EXCHANGES, attachable: ['uploads/<menu>.png'] }),
    regions: [],
  },
]

/** What a project has cost, with a budget that is used up. */
export const MONEY = {
  spent: {
    cost: '0.12 USD',
    isPriced: true,
    cachedPercent: 40,
    keptAnswers: 1,
    inputTokens: 9000,
    outputTokens: 1200,
  },
  limit: '1 USD',
  fields: { usd: '1', tokens: '' },
  questions: [{ kind: 'project', unit: 'money', action: '/projects/p1/budget', suggested: '2', jobs: 1, until: null }],
}
