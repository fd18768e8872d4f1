// `bun run crash --kills 5000 --seed S`: kills servers until somebody has seen enough.
import { parseArgs } from 'node:util'
import { crash } from './harness.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string' },
    each: { type: 'string', default: '50' },
  },
})
const kills = Number(values.kills)
const each = Math.min(kills, Number(values.each)) // a world with hundreds of projects is slow to judge
const seed = values.seed ?? String(Date.now())
for (let done = 0, world = 1; done < kills; world++) {
  const figures = await crash({ kills: Math.min(each, kills - done), seed: `${seed}.${world}` })
  done += figures.kills
  console.log(JSON.stringify({ seed: `${seed}.${world}`, done, ...figures }))
}
