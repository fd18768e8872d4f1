import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Contract } from '../../src/projects/contract.ts'
import { type EditedTask, editedTasks, POSITION_STEP, type TaskEdit } from '../../src/projects/task-edits.ts'
import { treeProblems } from '../../src/projects/tree-rules.ts'

const EMPTY: Contract = { exports: [], needs: [], routes: [], shapes: [], links: [], pictures: [] }

function task(id: string, more: Partial<EditedTask> = {}): EditedTask {
  const usual = { parent: null, key: id, kind: 'write', title: id, path: `${id}.md`, prompt: null } as const
  const rest = { width: null, height: null, dependsOn: [], contract: null, mends: false, status: 'todo' } as const
  return { id, position: 0, jobState: null, ...usual, ...rest, dependsOn: [], ...more }
}

const row = (...ids: string[]) => ids.map((id, i) => task(id, { position: (i + 1) * POSITION_STEP }))
const order = (tasks: EditedTask[], parent: string | null = null) =>
  tasks
    .filter((each) => each.parent === parent)
    .sort((a, b) => a.position - b.position)
    .map(({ id }) => id)
const codeOf = (work: () => unknown) => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a task is moved by changing that task alone, however often', () => {
  let tasks = row('a', 'b', 'c')
  for (let i = 0; i < 8; i++) {
    const last = order(tasks).at(-1)!
    const after = editedTasks(tasks, [{ do: 'move', task: last, before: order(tasks)[1]! }])
    expect(after.filter((each, at) => !Bun.deepEquals(each, tasks[at]))).toHaveLength(1)
    tasks = after
  }
})

test('where neighbours stand too close, their group is spaced anew, in the order that was asked for', () => {
  const tight = [task('a', { position: 1 }), task('b', { position: 2 }), task('c', { position: 3 })]
  const after = editedTasks(tight, [{ do: 'move', task: 'c', before: 'b' }])
  expect(order(after)).toEqual(['a', 'c', 'b'])
  expect(new Set(after.map(({ position }) => position)).size).toBe(3)
})

test('whatever is moved where, the rest keeps its order', () => {
  const moves = fc.array(fc.tuple(fc.nat(5), fc.option(fc.nat(5))), { maxLength: 40 })
  fc.assert(
    fc.property(moves, (pairs) => {
      let tasks = row('a', 'b', 'c', 'd', 'e', 'f')
      for (const [from, to] of pairs) {
        const ids = order(tasks)
        const moved = ids[from]!
        const before = to === null ? null : ids[to]!
        if (before === moved) continue
        tasks = editedTasks(tasks, [{ do: 'move', task: moved, before }])
        const others = ids.filter((id) => id !== moved)
        const at = before === null ? others.length : others.indexOf(before)
        expect(order(tasks)).toEqual(others.toSpliced(at, 0, moved))
      }
    }),
  )
})

test('a task that goes takes along what is beneath it, and nobody waits for it or names its file any more', () => {
  const needs = [{ from: './b.md', names: [] }]
  const tasks = [
    task('a', { dependsOn: ['b', 'c'], contract: { ...EMPTY, needs, links: ['/b.md', 'c.md'] } }),
    task('group', { kind: 'note', path: null }),
    task('b', { parent: 'group' }),
    task('c'),
  ]
  const after = editedTasks(tasks, [{ do: 'remove', task: 'group' }])
  expect(after.map(({ id }) => id)).toEqual(['a', 'c'])
  expect(after[0]).toMatchObject({ dependsOn: ['c'], contract: { needs: [], links: ['c.md'] } })
})

test('a file that gets another path is found there by the contracts that name it', () => {
  const contract = { ...EMPTY, needs: [{ from: 'b.md', names: ['x'] }], pictures: [{ path: 'c.md', place: '' }] }
  const [a, b] = editedTasks([task('a', { contract }), task('b')], [{ do: 'edit', task: 'b', path: 'docs/b.md' }])
  expect(b!.path).toBe('docs/b.md')
  expect(a!.contract).toEqual({ ...contract, needs: [{ from: 'docs/b.md', names: ['x'] }] })
})

const REFUSED: [string, EditedTask[], TaskEdit[], RegExp][] = [
  [
    'tasks that would wait for each other',
    [task('a', { title: 'Menu', dependsOn: ['b'] }), task('b', { title: 'Styles' })],
    [{ do: 'edit', task: 'b', dependsOn: ['a'] }],
    /wait for each other: Menu → Styles → Menu/,
  ],
  ['a path that is taken', row('a', 'b'), [{ do: 'edit', task: 'b', path: 'A.md' }], /“b” and “a” both make “A\.md”/],
  ['a path that leaves the project', row('a'), [{ do: 'edit', task: 'a', path: '../x' }], /leaves the project/],
  [
    'a group put beneath itself',
    [...row('x'), task('a', { kind: 'note', path: null }), task('b', { kind: 'note', path: null, parent: 'a' })],
    [{ do: 'move', task: 'a', parent: 'b' }],
    /./,
  ],
  ['a plan that would make nothing', row('a'), [{ do: 'remove', task: 'a' }], /makes nothing/],
  ['a file without a path', row('a'), [{ do: 'create', id: 'n', kind: 'write', title: 'New' }], /“New” needs a path/],
]

test.each(REFUSED)('%s is refused in words', (_, tasks, edits, words) => {
  expect(() => editedTasks(tasks, edits)).toThrow(words)
  expect(codeOf(() => editedTasks(tasks, edits))).toMatch(/^(plan_unsound|bad_path)$/)
})

test('what is being worked on, or done, stays as it is; its title and place may change', () => {
  for (const jobState of ['running', 'paused'] as const) {
    const tasks = [...row('x'), task('a', { jobState })]
    expect(codeOf(() => editedTasks(tasks, [{ do: 'edit', task: 'a', prompt: 'other' }]))).toBe('task_busy')
    expect(codeOf(() => editedTasks(tasks, [{ do: 'remove', task: 'a' }]))).toBe('task_busy')
    expect(codeOf(() => editedTasks(tasks, [{ do: 'finish', task: 'a' }]))).toBe('task_busy')
    expect(editedTasks(tasks, [{ do: 'edit', task: 'a', title: 'A' }])[1]!.title).toBe('A')
  }
  const done = [task('a', { status: 'done', jobState: 'succeeded' })]
  expect(codeOf(() => editedTasks(done, [{ do: 'edit', task: 'a', path: 'b.md' }]))).toBe('task_done')
  const failed = [...row('x'), task('a', { jobState: 'failed' })]
  expect(codeOf(() => editedTasks(failed, [{ do: 'edit', task: 'a', dependsOn: ['x'] }]))).toBe('task_started')
  expect(editedTasks(failed, [{ do: 'edit', task: 'a', prompt: 'better' }])[1]!.prompt).toBe('better')
})

test('edits of one order build on each other, and a picture gets a size that engines can render', () => {
  const after = editedTasks(row('a'), [
    { do: 'create', id: 'g', kind: 'note', title: 'Pictures' },
    {
      do: 'create',
      id: 'p',
      kind: 'render',
      title: 'Oven',
      path: 'images/oven.png',
      parent: 'g',
      width: 1000,
      height: 9,
    },
    { do: 'move', task: 'g', before: 'a' },
  ])
  expect(order(after)).toEqual(['g', 'a'])
  expect(after.find(({ id }) => id === 'p')).toMatchObject({
    parent: 'g',
    width: 1024,
    height: 64,
    path: 'images/oven.png',
  })
  expect(treeProblems(after)).toEqual([])
})
