import csvCli from './templates/csv/cli.ts.txt' with { type: 'text' }
import csvTest from './templates/csv/core.test.ts.txt' with { type: 'text' }
import csv from './templates/csv/core.ts.txt' with { type: 'text' }
import duplicatesCli from './templates/duplicates/cli.ts.txt' with { type: 'text' }
import duplicatesTest from './templates/duplicates/core.test.ts.txt' with { type: 'text' }
import duplicates from './templates/duplicates/core.ts.txt' with { type: 'text' }
import renameCli from './templates/rename/cli.ts.txt' with { type: 'text' }
import renameTest from './templates/rename/core.test.ts.txt' with { type: 'text' }
import rename from './templates/rename/core.ts.txt' with { type: 'text' }
import surveyCli from './templates/survey/cli.ts.txt' with { type: 'text' }
import surveyTest from './templates/survey/core.test.ts.txt' with { type: 'text' }
import survey from './templates/survey/core.ts.txt' with { type: 'text' }
import todoCli from './templates/todo/cli.ts.txt' with { type: 'text' }
import todoTest from './templates/todo/core.test.ts.txt' with { type: 'text' }
import todo from './templates/todo/core.ts.txt' with { type: 'text' }
import wordsCli from './templates/words/cli.ts.txt' with { type: 'text' }
import wordsTest from './templates/words/core.test.ts.txt' with { type: 'text' }
import words from './templates/words/core.ts.txt' with { type: 'text' }

/** A program that the demo knows how to write. */
export interface Recipe {
  /** Also the name of its core file. */
  name: string
  sign: RegExp
  title: string
  does: string
  examples: [command: string, what: string][]
  core: string
  cli: string
  test: string
}

/** The last one is for every brief that no other recognises. */
export const RECIPES: Recipe[] = [
  {
    name: 'csv',
    sign: /\b(?:csv|spreadsheets?)\b/i,
    title: 'CSV to JSON',
    does: 'It reads CSV (quoted cells, semicolons and tabs too) and prints or writes JSON.',
    examples: [
      ['bun src/cli.ts people.csv', 'prints JSON'],
      ['bun src/cli.ts people.csv -o people.json', 'writes a file'],
      ['cat people.csv | bun src/cli.ts - --text', 'reads standard input, keeps every value as text'],
    ],
    core: csv,
    cli: csvCli,
    test: csvTest,
  },
  {
    name: 'duplicates',
    sign: /\b(?:duplicates?|dedup\w*|same content|copies of)\b/i,
    title: 'Find duplicates',
    does: 'It compares files by content (size first, then SHA-256) and lists the sets that are equal. It deletes nothing.',
    examples: [
      ['bun src/cli.ts ~/Pictures', 'lists duplicates, the largest waste first'],
      ['bun src/cli.ts . --json', 'the same for other programs'],
    ],
    core: duplicates,
    cli: duplicatesCli,
    test: duplicatesTest,
  },
  {
    name: 'rename',
    sign: /\b(?:renam(?:e|es|ing)|file ?names?|sorts? (?:my )?photos)\b/i,
    title: 'Rename by date',
    does: 'It names files after their date and time (of last change: it does not read EXIF). Without `--apply` it only shows what it would do, and it never overwrites a file.',
    examples: [
      ['bun src/cli.ts ~/Pictures', 'shows what it would do'],
      ['bun src/cli.ts ~/Pictures --apply', 'does it'],
      ['bun src/cli.ts . --ext jpg,png --prefix lake_', 'only these, with a prefix'],
    ],
    core: rename,
    cli: renameCli,
    test: renameTest,
  },
  {
    name: 'todo',
    sign: /\b(?:to-?do|task list|tasks|shopping list|reminders?|checklist)\b/i,
    title: 'To-do list',
    does: 'It keeps a list in one JSON file: add, tick, remove, show.',
    examples: [
      ['bun src/cli.ts add "Buy bread"', 'adds an item'],
      ['bun src/cli.ts done 1', 'ticks it'],
      ['bun src/cli.ts', 'shows the list'],
    ],
    core: todo,
    cli: todoCli,
    test: todoTest,
  },
  {
    name: 'words',
    sign: /\b(?:words?|count(?:s|ing)?|frequen\w+|lines of|text statistics)\b/i,
    title: 'Count words',
    does: 'It counts words, lines and characters, and lists the most frequent words.',
    examples: [
      ['bun src/cli.ts notes.md', 'counts one file'],
      ['bun src/cli.ts *.md --top 3', 'counts many'],
      ['cat notes.md | bun src/cli.ts - --json', 'reads standard input, prints JSON'],
    ],
    core: words,
    cli: wordsCli,
    test: wordsTest,
  },
  {
    name: 'survey',
    sign: /(?:)/,
    title: 'Survey files',
    does: 'The demo model did not recognise what the brief asks for. This program is a tested starting point: it walks a folder and reports its files by kind, size and age, narrowed by words. It does nothing else yet.',
    examples: [
      ['bun src/cli.ts .', 'reports the files of a folder'],
      ['bun src/cli.ts . report 2026 --list', 'lists files with both words in their path'],
    ],
    core: survey,
    cli: surveyCli,
    test: surveyTest,
  },
]
