import { expect, test } from 'bun:test'
import { page } from '../../src/web/page.ts'
import { renderView } from '../../src/web/views.ts'
import { at } from './app.ts'
import { PAGES, PROJECT, TREE } from './fixtures.ts'

const names = Object.keys(PAGES)

test.each(names)('the page “%s” is whole, and nothing in it is inline', async (name) => {
  const { view, data } = PAGES[name]!
  const response = page(at(`/${name}`), view, data)
  const html = await response.text()
  expect(html).toStartWith('<!doctype html>')
  expect(html).toContain('<h1')
  expect(html).not.toMatch(/undefined|\[object |NaN/)
  expect(html).not.toMatch(/ style=| on[a-z]+="| hx-on|<script>|<style/)
  expect(response.headers.get('vary')).toBe('HX-Request-Type')
})

test.each(names)('the page “%s” has no two elements of one id', (name) => {
  const { view, data } = PAGES[name]!
  const ids = [...renderView(view, data).matchAll(/ id="([^"]+)"/g)].map((found) => found[1])
  expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([])
})

test('htmx gets the view without the layout when it asks for a part', async () => {
  const { view, data } = PAGES.home!
  const html = await page(at('/', { headers: { 'hx-request-type': 'partial' } }), view, data).text()
  expect(html).not.toContain('<html')
  expect(html).toContain('What do you want to make?')
})

test('each order about a job in a project’s tree is about the attempt that is shown, and no other', () => {
  const html = renderView('projects/_tree', { project: PROJECT, tree: TREE, drafted: [] })
  const forms = [...html.matchAll(/<form[^>]+action="\/jobs\/.*?<\/form>/g)].map(([form]) => form)
  expect(forms.length).toBeGreaterThan(1)
  for (const form of forms) expect(form).toMatch(/name="attempt" value="\d+"/)
})

test('what people and models wrote is text in the page, never markup', () => {
  const html = renderView('projects/_tree', { project: PROJECT, tree: TREE, drafted: [] })
  expect(html).toContain('A page with &lt;b&gt;odd&lt;/b&gt; &amp; dangerous words')
})

test('a task’s line can be replaced without its children', () => {
  const row = renderView('projects/_row', { project: PROJECT, task: TREE[2] })
  expect(row.trim()).toStartWith('<div class="row is-running" id="task-t5-row">')
  expect(row).not.toContain('task-t6')
})
