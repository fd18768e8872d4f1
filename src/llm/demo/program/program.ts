import { calledIn, keywords } from '../names.ts'
import { type DemoContent, type DemoTask, group, write } from '../plan.ts'
import { clip, fill, literal, markdown, slug, titleCase } from '../words.ts'
import { RECIPES, type Recipe } from './recipes.ts'

/** A small command-line program from a brief: its core, its command line, tests and a readme. No dependencies. */
export function program(brief: string): DemoContent {
  const recipe = RECIPES.find(({ sign }) => sign.test(brief))!
  const title = titleOf(brief, recipe)
  const name = slug(title, recipe.name)
  const files = new Map([
    ['package.json', manifest(name, brief)],
    [`src/${recipe.name}.ts`, recipe.core],
    ['src/cli.ts', fill(recipe.cli, { about: literal(`${title}: ${clip(brief, 160)}`) })],
    [`tests/${recipe.name}.test.ts`, recipe.test],
    ['README.md', readme(brief, title, recipe)],
  ])
  const summary = clip(
    `A command-line program, ${title}. ${recipe.does} TypeScript, tested, without dependencies; it runs with Bun.`,
    600,
  )
  return { plan: { title: clip(title, 80), summary, tasks: tasks(title, recipe) }, files }
}

function titleOf(brief: string, recipe: Recipe): string {
  const called = calledIn(brief)
  if (called) return called
  if (recipe.name !== 'survey') return recipe.title
  return clip(titleCase(keywords(brief, 4).join(' ').toLowerCase()), 48) || recipe.title
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

function readme(brief: string, title: string, { name, does, examples }: Recipe): string {
  return `# ${markdown(title)}

> ${markdown(clip(brief, 500))}

${does}

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

function tasks(title: string, { name, does }: Recipe): DemoTask[] {
  const core = `src/${name}.ts`
  return [
    group('ground', 'Ground'),
    write('manifest', 'ground', 'package.json', `Name, scripts and engine of ${title}. No dependencies.`),
    group('program', 'Program'),
    write('core', 'program', core, `The work itself, without input or output of its own where possible. ${does}`),
    write('cli', 'program', 'src/cli.ts', `Arguments, help, messages and exit codes around ${core}.`, [
      'core',
      'manifest',
    ]),
    group('proof', 'Proof'),
    write('tests', 'proof', `tests/${name}.test.ts`, `What ${core} promises, with real files where files matter.`, [
      'core',
    ]),
    write('readme', 'proof', 'README.md', 'How to use it, how to test it, and what it does not do.', [
      'core',
      'cli',
      'tests',
    ]),
  ]
}
