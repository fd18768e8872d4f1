import { expect, test } from 'bun:test'
import * as f from '../../src/web/format.ts'

test('sizes read as a person says them', () => {
  expect([0, 1, 812, 1023, 1024, 4300, 10_239, 1_048_575, 73_400_320].map(f.bytes)).toEqual([
    '0 bytes',
    '1 byte',
    '812 bytes',
    '1,023 bytes',
    '1 KB',
    '4.2 KB',
    '10 KB',
    '1 MB',
    '70 MB',
  ])
})

test('a clock counts minutes and hours', () => {
  expect([0, 9.9, 48, 60, 605, 3661, -3].map(f.clock)).toEqual([
    '0:00',
    '0:09',
    '0:48',
    '1:00',
    '10:05',
    '1:01:01',
    '0:00',
  ])
})

test('a length is as exact as it needs to be', () => {
  expect([0, 0.42, 9.2, 59.6, 60, 75, 7260, 7200].map(f.seconds)).toEqual([
    '0.1 s',
    '0.4 s',
    '9 s',
    '1 min',
    '1 min',
    '1 min 15 s',
    '2 h 1 min',
    '2 h',
  ])
})

test('one is one and many are many', () => {
  expect([f.plural(1, 'task'), f.plural(0, 'task'), f.plural(1200, 'entry', 'entries')]).toEqual([
    '1 task',
    '0 tasks',
    '1,200 entries',
  ])
})

test('a share is between 0 and 100, and 0 of nothing is 0', () => {
  expect([f.percent(7, 12), f.percent(0, 0), f.percent(13, 12), f.percent(-1, 12)]).toEqual([58, 0, 100, 0])
})

test('a day reads with its weekday', () => {
  expect(f.day(Date.UTC(2026, 10, 27, 23, 59, 59, 999))).toBe('Fri 27 Nov 2026')
  expect(f.day(Date.UTC(2027, 0, 4))).toBe('Mon 4 Jan 2027')
})
