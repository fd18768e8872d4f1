import { expect, test } from 'bun:test'
import { openProgress } from '../../src/cli/progress.ts'

const COLUMNS = 80
const ROWS = 6
const ERASE = /^\x1b\[(\d+)A\x1b\[0J$/

/** A screen that fails on what a real one could not take back: a line that wraps, rows that scroll away. */
function screen() {
  let drawn = 0
  const shown: string[] = []
  return {
    columns: COLUMNS,
    rows: ROWS,
    shown,
    write(text: string) {
      const up = ERASE.exec(text)
      if (up) {
        expect(Number(up[1])).toBe(drawn)
        drawn = 0
        return
      }
      const lines = text.split('\n').slice(0, -1)
      drawn = lines.length
      expect(drawn).toBeLessThan(ROWS)
      for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThan(COLUMNS)
      shown.push(...lines)
    },
  }
}

function shownFor(lines: object[]) {
  const terminal = screen()
  const said: string[] = []
  {
    using progress = openProgress({ out: (text) => said.push(text) }, terminal)
    for (const line of lines) {
      progress.line(JSON.stringify(line))
      Bun.sleepSync(101)
    }
  }
  return { shown: terminal.shown, said }
}

function running(job: string, path: string, kind = 'write') {
  return [
    { type: 'job.queued', job, kind, path },
    { type: 'job.started', job, kind, elapsed: 0 },
  ]
}

test('a bar is never wider than the terminal, whatever its file is called', () => {
  const paths = [
    'images/1-a-crackling-sourdough-loaf-on-a-board.png',
    '写真/四季の風景と灯台の物語とその続き.png',
    '🍞'.repeat(40),
  ]
  const { shown } = shownFor(
    paths.flatMap((path, index) => [
      ...running(`${index}`, path, 'render'),
      { type: 'job.phase', job: `${index}`, phase: 'waiting for a device', elapsed: 3_600 },
      { type: 'progress', job: `${index}`, step: 13, steps: 15, elapsed: 7_200 },
    ]),
  )
  expect(shown.some((line) => line.includes('step 13 of 15'))).toBe(true)
})

test('bars never fill more rows than the terminal has', () => {
  const { shown } = shownFor(Array.from({ length: ROWS + 3 }, (_, index) => running(`${index}`, `${index}.md`)).flat())
  expect(shown.length).toBeGreaterThan(ROWS)
})

test('a picture that has not begun claims no bytes', () => {
  const { shown } = shownFor([...running('1', 'a.png', 'render'), ...running('2', 'b.md')])
  expect(shown.at(-2)).not.toContain('bytes')
  expect(shown.at(-1)).toContain('0 bytes')
})

test('a title can’t steer the terminal', () => {
  const { said } = shownFor([{ type: 'plan.proposed', title: 'Fine\x1b]0;owned\x07\x9b2J', tasks: [] }])
  expect(said).toEqual(['✓ plan      Fine]0;owned2J: 0 tasks'])
})

test('what stands in a model’s way is told, and who goes on from where', () => {
  const error = { code: 'model_overloaded', message: 'Far is overloaded right now.' }
  const [from, to] = [
    { provider: 'far', model: 'far-1' },
    { provider: 'near', model: 'near-2' },
  ]
  const { said } = shownFor([
    ...running('1', 'index.html'),
    { type: 'model.retrying', job: '1', kind: 'write', ...from, error, delayMs: 1900 },
    { type: 'model.switched', job: '1', kind: 'write', from, to, error, line: 120 },
    { type: 'model.switched', job: '1', kind: 'write', from, to, error, line: 1 },
  ])
  expect(said).toEqual([
    '↻ waiting   index.html: Far is overloaded right now. (2 s)',
    '→ goes on   index.html: with near-2, from line 120',
    '→ goes on   index.html: with near-2',
  ])
})
