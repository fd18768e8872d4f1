import { expect, test } from 'bun:test'
import { testApp } from '../support/app.ts'
import { type ScriptedModel, scriptedModel } from '../support/scripted-model.ts'

const CART = `import { price } from './price.js'
export class Cart {
  add(item) { this.total += price(item) }
}
`
const PRICE = 'export function price(item) {\n  return item.cents / 100\n}\n'
const SHOP = "import { Cart } from './cart.js'\nexport const cart = new Cart()\n"

const PLAN = {
  title: 'Shop',
  summary: 'A shop. For guests.',
  tasks: [task('price', 'price.js'), task('cart', 'cart.js', ['price']), task('shop', 'shop.js', ['cart'])],
}

test('a writer is shown what its task depends on whole, and the heads of the rest', async () => {
  const model = shop()
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('A shop')
  expect(await app.settled(project.id)).toBe('done')

  const question = questionOf(model, 'shop.js')
  expect(question).toContain(`The file cart.js as it is:\n\n${CART}`)
  expect(question).toContain('price.js:\n  export function price(item)\n')
  expect(question).not.toContain('item.cents')
  expect(question).not.toContain('\ncart.js') // what is there whole is not in the map
  expect(question.indexOf('The other files of the project')).toBe(0)
  expect(questionOf(model, 'price.js')).not.toContain('The other files')
})

test('what all files share comes before what is of one file alone', async () => {
  const model = shop()
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('A shop')
  await app.settled(project.id)

  const asked = model.asked.filter(({ task }) => task.kind === 'write')
  expect(asked).toHaveLength(3)
  expect(new Set(asked.map(({ system, context }) => system + context)).size).toBe(1)
})

test('a file that the window of the model has no room for is in the map', async () => {
  const long = `/* ${'a long licence '.repeat(20_000)} */\n${PRICE}`
  const model = shop(long)
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('A shop')
  expect(await app.settled(project.id)).toBe('done')

  const question = questionOf(model, 'cart.js')
  expect(question).toContain('price.js:\n  export function price(item)\n')
  expect(question.length).toBeLessThan(20_000)
})

test('a file that is mended takes its room before what it depends on: a small window holds both, or the map', async () => {
  const cart = `/* ${'a'.repeat(30_000)} */\n${CART}`
  const before = `/* ${'b'.repeat(45_000)} */\n${SHOP}`
  const findings = [{ path: 'shop.js', problem: 'It sells nothing.', fix: 'Sell.' }]
  const model = scriptedModel({
    demo: false,
    plan: [JSON.stringify(PLAN)],
    files: { 'price.js': [PRICE], 'cart.js': [cart], 'shop.js': [before, SHOP] },
    check: [JSON.stringify({ findings })],
  })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('A shop')
  expect(await app.settled(project.id)).toBe('done')

  expect(questionOf(model, 'shop.js')).toContain(cart)
  const mend = questionOf(model, 'shop.js', 'repair')
  expect(mend).toContain(before)
  expect(mend).not.toContain('aaaa')
  expect(mend).toContain('cart.js:\n  export class Cart')
})

test('a model that has to mend its file is shown again what it depends on, where there is room beside it', async () => {
  const endless = `/* ${'b'.repeat(80_000)} */\nconst = 1\n`
  const model = scriptedModel({
    demo: false,
    plan: [JSON.stringify(PLAN)],
    files: { 'price.js': [PRICE], 'cart.js': ['const = 1\n', CART], 'shop.js': [endless, SHOP] },
  })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('A shop')
  expect(await app.settled(project.id)).toBe('done')

  expect(questionOf(model, 'cart.js', 'repair')).toStartWith(
    `The file price.js as it is:\n\n${PRICE}\n\nYou wrote cart.js`,
  )
  expect(questionOf(model, 'shop.js', 'repair').slice(0, 17)).toBe('You wrote shop.js')
})

test('the demo model, which reads no questions, is given no map', async () => {
  const model = shop(PRICE, true)
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make('A shop')
  await app.settled(project.id)
  expect(questionOf(model, 'shop.js')).not.toContain('The other files')
})

function shop(price = PRICE, demo = false): ScriptedModel {
  return scriptedModel({
    demo,
    plan: [JSON.stringify(PLAN)],
    files: { 'price.js': [price], 'cart.js': [CART], 'shop.js': [SHOP] },
  })
}

function questionOf({ asked }: ScriptedModel, path: string, kind: 'write' | 'repair' = 'write'): string {
  const request = asked.find(({ task }) => task.kind === kind && task.path === path)!
  return String((request.messages[0] as { content: string }).content)
}

function task(id: string, path: string, dependsOn: string[] = []) {
  return {
    id,
    parent: null,
    title: id,
    kind: 'write',
    path,
    prompt: `Make the ${id}.`,
    width: null,
    height: null,
    dependsOn,
  }
}
