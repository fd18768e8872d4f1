import { expect, test } from 'bun:test'
import { understood } from '../../src/cli/render-order.ts'

const requestIn = (...args: string[]) => {
  const order = understood(['a boat', ...args])
  return order && 'request' in order ? order.request : undefined
}

test('an order for a clip says how long it is, and what it begins with', () => {
  expect(requestIn('--video', '--seconds', '2.5', '--fps', '12', '--size', '832x480')).toEqual({
    prompt: 'a boat',
    function: 'video',
    width: 832,
    height: 480,
    seconds: 2.5,
    fps: 12,
  })
  expect(requestIn('--video', '--frames', '17', '--steps', '4')).toMatchObject({ frames: 17, steps: 4 })
  expect(understood(['a boat', '--video', '--init', 'boat.png'])).toMatchObject({ init: 'boat.png' })
})

test.each([
  [['--seconds', '2']],
  [['--frames', '17']],
  [['--video', '--seconds', '2', '--frames', '17']],
  [['--video', '--seconds', 'long']],
  [['--video', '--frames', '2.5']],
])('%s makes no sense', (args) => {
  expect(requestIn(...args)).toBeUndefined()
})
