import type { MakeProject } from '../../src/llm/demo.ts'

const FILES: { path: string; bytes: number; needs: string[] }[] = [
  { path: 'readme.md', bytes: 5_000, needs: [] },
  { path: 'notes/day.txt', bytes: 3_000, needs: ['readme'] },
  { path: 'main.js', bytes: 6_000, needs: [] },
]
const PICTURE = { path: 'images/dot.png', width: 128, height: 64 }

/** The paths of all that a small project makes. */
export const SMALL_PATHS = [...FILES.map(({ path }) => path), PICTURE.path].sort()

/** A project as small as one that crashes need: three files of a few KB, one of them after another, and one picture. */
export const smallProject: MakeProject = (brief) => ({
  plan: {
    title: 'A small thing',
    summary: 'Three files and a picture.',
    tasks: [
      ...FILES.map(({ path, needs }) => ({
        ...TASK,
        id: idOf(path),
        title: path,
        kind: 'write',
        path,
        dependsOn: needs,
      })),
      { ...TASK, ...PICTURE, id: 'dot', title: 'dot', kind: 'render', dependsOn: [] },
    ],
  },
  file: (path) => textOf(brief, path),
})

const TASK = { parent: null, prompt: 'as small as it gets', width: null, height: null }

function textOf(brief: string, path: string): string | undefined {
  const bytes = FILES.find((file) => file.path === path)?.bytes
  if (!bytes) return undefined
  let text = ''
  for (let line = 1; text.length < bytes; line++) text += `// ${path}, line ${line}, of ${brief}\n`
  return text
}

function idOf(path: string): string {
  return path.replace(/^.*\/|\..*$/g, '')
}
