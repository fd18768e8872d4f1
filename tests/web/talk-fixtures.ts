import type { CallView, ExchangeView } from '../../src/agents/conversation/view.ts'

const CALL: CallView = {
  id: 'c1',
  tool: 'read_file',
  says: 'Reads index.html',
  state: 'done',
  input: '{ "path": "index.html" }',
  diff: [],
  result: '1| <h1>Crumb</h1>',
  question: null,
}

const SAID = {
  id: 'm1',
  text: 'We open at <b>8</b>.',
  by: 'person:ada',
  at: Date.UTC(2026, 10, 21, 9, 0),
  state: 'answered',
  job: { id: 'j9', attempt: 1, state: 'succeeded' },
  rounds: [{ text: 'It **opens** at `8` now.\n\n- done', calls: [CALL], isPartial: false }],
  typing: null,
  note: null,
  standing: 1,
} satisfies ExchangeView

/** A conversation in which each state of an answer comes up. */
export const EXCHANGES: ExchangeView[] = [
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
