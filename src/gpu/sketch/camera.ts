import type { View } from './canvas.ts'
import type { Random } from './random.ts'

const NEAR_WORDS = /\b(?:close-?up|close|detail|macro)\b/i
const WIDE_WORDS = /\b(?:wide|panorama|aerial|view)\b/i
const FOCUS = 0.54 // what matters in a scene lies just below its middle

/** Where the camera stands for a prompt: near for a close-up, else somewhere at will; never outside the scene. */
export function cameraFor(prompt: string, w: number, random: Random): View {
  const least = NEAR_WORDS.test(prompt) ? 1.4 : 1
  const zoom = WIDE_WORDS.test(prompt) ? 1 : random.between(least, least + 0.22)
  const room = (size: number, at: number) => Math.min(size - size / 2 / zoom, Math.max(size / 2 / zoom, at))
  return {
    x: room(w, w / 2 + random.between(-0.08, 0.08) * w),
    y: room(1, FOCUS + random.between(-0.1, 0.06)),
    zoom,
    isMirrored: random.chance(0.5),
  }
}
