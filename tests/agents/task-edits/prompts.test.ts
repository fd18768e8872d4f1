import { test } from 'bun:test'
import { expectGolden } from '../../support/golden.ts'

/** What each prompt for wishes is given here. */
const GIVEN: Record<string, object> = {
  'tasks-edit': {},
  'tasks-edit-question': {
    title: 'Crumb',
    today: 'Saturday, 2026-11-21',
    timeZone: 'Europe/Berlin',
    tasks: [{ key: 'menu', title: 'Menu <b>', kind: 'write', path: 'menu.html', parent: null }],
    wish: 'Move the “menu” & split it',
  },
  'tasks-edit-mend': { problems: ['There is no task “cellar”.'] },
}

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})
