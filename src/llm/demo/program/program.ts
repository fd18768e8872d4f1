import { calledIn, countIn, keywords, PICTURES } from '../names.ts'
import { type DemoContent, type DemoTask, group, type PictureTask, render, write } from '../plan.ts'
import { capital, clip, fill, literal, markdown, pictureName, slug, titleCase } from '../words.ts'
import { RECIPES, type Recipe } from './recipes.ts'

/** A small command-line program from a brief: its core, its command line, tests and a readme. No dependencies. */
export function program(brief: string): DemoContent {
  const recipe = RECIPES.find(({ sign }) => sign.test(brief))!
  const title = titleOf(brief, recipe)
  const name = slug(title, recipe.name)
  const pictures = picturesOf(brief, title)
  const files = new Map([
    ['package.json', manifest(name, brief)],
    [`src/${recipe.name}.ts`, recipe.core],
    ['src/cli.ts', fill(recipe.cli, { about: literal(`${title}: ${clip(brief, 160)}`) })],
    [`tests/${recipe.name}.test.ts`, recipe.test],
    ['README.md', readme(brief, title, recipe, pictures)],
  ])
  const summary = clip(
    `A command-line program, ${title}. ${recipe.does} TypeScript, tested, without dependencies; it runs with Bun.`,
    600,
  )
  return { plan: { title: clip(title, 80), summary, tasks: tasks(title, recipe, pictures) }, files }
}

function titleOf(brief: string, recipe: Recipe): string {
  const called = calledIn(brief)
  if (called) return called
  if (recipe.name !== 'survey') return recipe.title
  return clip(titleCase(keywords(brief, 4).join(' ').toLowerCase()), 48) || recipe.title
}

const ASKED = /\b(?:with|plus|including|and)\s+(.{0,60})/gi
const MOST_PICTURES = 8
const SHOWN = [
  'an abstract banner of flowing shapes',
  'a laptop with a terminal on a tidy desk',
  'sketches and notes pinned to a wall',
  'shelves of labelled boxes in afternoon light',
  'a notebook and a cup of coffee on a desk',
  'a geometric pattern in calm colours',
  'a city skyline at dusk',
  'a quiet mountain lake at dawn',
]

/** A program has pictures only when the brief wants it “with two pictures”: what it works on is no wish. */
function picturesOf(brief: string, title: string): PictureTask[] {
  const counts = [...brief.matchAll(ASKED)].map(([, rest = '']) => countIn(rest, PICTURES))
  const count = counts.find((asked) => asked !== undefined) ?? 0
  return SHOWN.slice(0, Math.min(count, MOST_PICTURES)).map((subject, at) => ({
    id: `picture-${at + 1}`,
    path: `images/${at + 1}-${pictureName(subject, 'picture')}.png`,
    title: capital(subject),
    prompt: `${capital(subject)}. A picture for the read me of ${title}, no text.`,
    width: 1024,
    height: 768,
  }))
}

function manifest(name: string, brief: string): string {
  const facts = {
    name,
    version: '0.1.0',
    description: clip(brief, 160),
    type: 'module',
    private: true,
    bin: { [name]: './src/cli.ts' },
    scripts: { start: 'bun src/cli.ts', test: 'bun test' },
    engines: { bun: '>=1.2' },
  }
  return `${JSON.stringify(facts, null, 2)}\n`
}

function readme(brief: string, title: string, { name, does, examples }: Recipe, pictures: PictureTask[]): string {
  return `# ${markdown(title)}

> ${markdown(clip(brief, 500))}

${does}
${pictures.map((picture) => `\n![${markdown(picture.title)}](${picture.path})\n`).join('')}
## Use it

It needs [Bun](https://bun.sh), and nothing else.

\`\`\`sh
bun src/cli.ts --help
${examples.map(([command, what]) => `${command}  # ${what}`).join('\n')}
\`\`\`

## Test it

\`\`\`sh
bun test
\`\`\`

The work is done in \`src/${name}.ts\`, which knows nothing of the command line; \`src/cli.ts\` reads the arguments and
prints. The exit code is 0 when all went well and 1 when it did not.

This program was written by Hearth's built-in demo model: a set of templates, not an AI.
`
}

function tasks(title: string, { name, does }: Recipe, pictures: PictureTask[]): DemoTask[] {
  const core = `src/${name}.ts`
  return [
    group('ground', 'Ground'),
    write(
      ['manifest', 'ground'],
      'Package file',
      'package.json',
      `Name, scripts and engine of ${title}. No dependencies.`,
    ),
    group('program', 'Program'),
    write(
      ['core', 'program'],
      'The work itself',
      core,
      `The work itself, without input or output of its own where possible. ${does}`,
    ),
    write(
      ['cli', 'program'],
      'Command line',
      'src/cli.ts',
      `Arguments, help, messages and exit codes around ${core}.`,
      ['core', 'manifest'],
    ),
    ...(pictures.length > 0 ? [group('pictures', 'Pictures')] : []),
    ...pictures.map((picture) => render(picture, 'pictures')),
    group('proof', 'Proof'),
    write(
      ['tests', 'proof'],
      'Tests',
      `tests/${name}.test.ts`,
      `What ${core} promises, with real files where files matter.`,
      ['core'],
    ),
    write(['readme', 'proof'], 'Read me', 'README.md', 'How to use it, how to test it, and what it does not do.', [
      'core',
      'cli',
      'tests',
    ]),
  ]
}
