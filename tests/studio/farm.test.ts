import { expect, test } from 'bun:test'
import { chanceFrom } from '../crash/chance.ts'
import { type FarmOrder, ordersOf } from '../support/farm/orders.ts'
import { unfair } from '../support/farm/turns.ts'
import { booksOf, wrongs } from '../support/farm/verdict.ts'
import { openFarm } from '../support/farm/world.ts'

/** More on demand: `FARM_JOBS=1000 bun test tests/studio/farm.test.ts --timeout 7200000`, with `FARM_KILLS` deaths of the server. */
const JOBS = Number(process.env.FARM_JOBS ?? 60)
/** The part of the jobs that meets each fault. */
const SHARE = Number(process.env.FARM_SHARE ?? (process.env.FARM_JOBS ? 0.05 : 0.02))
const KILLS = Number(process.env.FARM_KILLS ?? 0)
const SEED = process.env.FARM_SEED ?? 'farm'
/** Two hours for those that are asked for. */
const LIMIT_MS = process.env.FARM_JOBS ? 7_200_000 : 120_000

test(
  'on four cards, each order of three people ends once and rightly, in fair order, and nothing is left',
  async () => {
    const report = await run(ordersOf(JOBS, SHARE, SEED), [])
    expect(report.wrong).toEqual([])
    expect(report.unfair).toEqual([])
  },
  LIMIT_MS,
)

test.if(KILLS > 0)(
  'the same while the server is killed again and again',
  async () => {
    const chance = chanceFrom(SEED)
    const kills = Array.from({ length: KILLS }, () => chance.whole(1_500, 6_000))
    const report = await run(ordersOf(JOBS, SHARE, `${SEED} killed`), kills)
    expect(report.wrong).toEqual([])
  },
  7_200_000,
)

async function run(orders: FarmOrder[], kills: number[]) {
  const models = [...new Set(['one', 'two', ...orders.map(({ model }) => model)])]
  await using farm = await openFarm(models)
  const began = performance.now()
  await farm.order(orders)
  await farm.work(kills)
  const code = await farm.stop()
  const seconds = Math.round((performance.now() - began) / 1000)
  const books = await booksOf(farm.data)
  const wrong = [...(await wrongs(farm, orders, books)), ...(code === 0 ? [] : [`it stopped with ${code}`])]
  if (process.env.FARM_JOBS) {
    const faults = orders.filter(({ fault }) => fault).length
    const { length: tries } = books.attempts
    const figures = { jobs: orders.length, faults, tries, deaths: farm.deaths, asked: farm.asked, seconds }
    console.log(JSON.stringify(figures))
  }
  return { wrong, unfair: unfair(farm.told.values(), books) }
}
