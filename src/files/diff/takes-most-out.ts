import { diffTexts } from './diff.ts'

/** A text that loses more of its lines than this is replaced, however that is put. */
const MOST = 0.75
/** Of a shorter text, lines are soon most of it, and soon written again, in characters. */
const SHORT = 400

/** Whether next to nothing of a text stays. */
export function takesMostOut(before: string, after: string): boolean {
  if (after.trim() === '') return before.trim() !== ''
  if (before.length < SHORT) return false
  return diffTexts(before, after).removed > before.split('\n').length * MOST
}
