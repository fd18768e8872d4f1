import { posix } from 'node:path'
import { demoProject } from '../../../src/llm/demo/project.ts'
import { isClip, pathsOfTask } from '../../../src/projects/clip-paths.ts'

const VOID = new Set('meta link img br hr input'.split(' '))
const OPTIONAL_PROBLEMS_LIMIT = 5
/** What a template leaves when a value is missing, unless the brief itself says it. */
const HOLES = [/\{\{[a-z]/, /\bundefined\b/, /\[object O/]

/** Everything that is wrong with what the demo makes of a brief, in words; nothing when all is well. */
export async function problemsOf(brief: string, options: { clips?: boolean } = {}): Promise<string[]> {
  const project = demoProject(brief, options)
  const problems = planProblems(project.plan)
  const paths = new Set(project.plan.tasks.flatMap(pathsOfTask))
  for (const { kind, path } of project.plan.tasks) {
    if (kind !== 'write') continue
    const text = project.file(path!)
    if (!text) problems.push(`${path} is empty`)
    else
      problems.push(
        ...(await textProblems(path!, text, brief)).map((problem) => `${path}: ${problem}`),
        ...linkProblems(path!, text, paths),
      )
  }
  const written = project.plan.tasks.map(({ kind, path }) => (kind === 'write' ? project.file(path!) : '')).join('\n')
  for (const { kind, path } of project.plan.tasks)
    if (kind === 'render' && !written.includes(`src="${path}"`)) problems.push(`${path} is on no page`)
  return problems.slice(0, OPTIONAL_PROBLEMS_LIMIT)
}

/** A picture has sides that every model takes, a clip those that models of clips are made for. */
function fits(path: string, width: number, height: number): boolean {
  if (isClip(path)) return width === 832 && height === 480
  return width % 64 === 0 && height % 64 === 0 && width >= 512
}

type Plan = ReturnType<typeof demoProject>['plan']

export function planProblems({ title, summary, tasks }: Plan): string[] {
  const problems: string[] = []
  const say = (bad: boolean, problem: string) => bad && problems.push(problem)
  const ids = new Map(tasks.map((task, at) => [task.id, at]))
  const paths = tasks.flatMap(({ path }) => path?.toLowerCase() ?? [])
  say(title.trim().length < 1 || title.length > 80, `title of ${title.length}`)
  say(summary.length < 1 || summary.length > 600, `summary of ${summary.length}`)
  say(ids.size !== tasks.length, 'an id twice')
  say(new Set(paths).size !== paths.length, 'a path twice')
  for (const [at, { id, parent, title: name, kind, path, prompt, width, height, dependsOn }] of tasks.entries()) {
    say(!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id), `id ${id}`)
    say(name.length < 1 || name.length > 80 || !name.isWellFormed(), `title of ${id}`)
    say(parent !== null && !((ids.get(parent) ?? 99) < at), `parent of ${id}`)
    say(
      dependsOn.some((other) => !((ids.get(other) ?? 99) < at)),
      `${id} depends on what is not before it`,
    )
    say((kind === 'note') !== (path === null), `path of ${id}`)
    say(path !== null && !/^[\w.-]+(\/[\w.-]+)*$/.test(path), `path ${path}`)
    say(kind !== 'note' && !prompt, `no prompt for ${id}`)
    say(!(prompt ?? '').isWellFormed() || (prompt ?? '').length > 600, `prompt of ${id}`)
    say(kind === 'render' ? !fits(path!, width!, height!) : width !== null, `size of ${id}`)
    say(kind === 'note' && !tasks.some((child) => child.parent === id), `${id} is an empty group`)
  }
  return problems
}

async function textProblems(path: string, text: string, brief: string): Promise<string[]> {
  const sure = path.endsWith('.ts') ? '' : text.replace(/\{\{(?:name|hero)\}\}/g, '')
  if (HOLES.some((hole) => hole.test(sure) && !hole.test(brief))) return ['a hole in the template']
  try {
    if (path.endsWith('.json')) JSON.parse(text)
    if (/\.(?:ts|js)$/.test(path)) new Bun.Transpiler({ loader: path.endsWith('ts') ? 'ts' : 'js' }).transformSync(text)
    if (path.endsWith('.html')) return htmlProblems(text)
    if (path.endsWith('.css')) return await cssProblems(text)
    return text.isWellFormed() ? [] : ['broken Unicode']
  } catch (error) {
    return [String(error)]
  }
}

const parsed = new Map<string, string[]>()

async function cssProblems(text: string): Promise<string[]> {
  const known = parsed.get(text)
  if (known) return known
  const built = await Bun.build({ entrypoints: ['/sheet.css'], files: { '/sheet.css': text }, throw: false })
  const problems = built.logs.map(({ message }) => message)
  parsed.set(text, problems)
  return problems
}

/** Tags balance, only our own elements are there, ids are unique, pictures have words, no inline script. */
export function htmlProblems(text: string): string[] {
  const problems: string[] = []
  const open: string[] = []
  const body = text.replace(/^<!doctype html>\n/, '')
  for (const [tag, slash, name = '', rest = ''] of body.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*\/?>/g,
  )) {
    if (VOID.has(name) || tag.endsWith('/>')) {
      if (name === 'img' && !/ alt="[^"]+"/.test(rest)) problems.push('a picture without words')
    } else if (!slash) open.push(name)
    else if (open.pop() !== name) problems.push(`</${name}> closes something else`)
    if (/ on\w+=| style=/.test(rest)) problems.push(`inline code in <${name}>`)
    if (name === 'script' && !slash && !rest.includes('src="script.js"')) problems.push('a script of somebody else')
  }
  if (open.length > 0) problems.push(`open: ${open.join(' ')}`)
  const bare = body.replace(/<\/?[a-zA-Z][\w-]*(?:\s+[\w-]+(?:="[^"<>]*")?)*\s*\/?>/g, '')
  if (/[<>]/.test(bare)) problems.push('a bare < or >')
  if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(body)) problems.push('a bare &')
  const ids = [...body.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
  if (new Set(ids).size !== ids.length) problems.push('an id twice')
  if ((body.match(/<h1/g) ?? []).length !== 1) problems.push('not one h1')
  return problems
}

function linkProblems(path: string, text: string, paths: Set<string>): string[] {
  if (!path.endsWith('.html')) return []
  return [...text.matchAll(/(?:href|src)="([^"]*)"/g)].flatMap(([, link = '']) => {
    if (/^(?:mailto|tel):[^\s]+$/.test(link)) return []
    const [file = '', fragment] = link.split('#')
    const target = posix.join(posix.dirname(path), file || posix.basename(path))
    if (!paths.has(target)) return [`${path} links to ${link}, which nobody makes`]
    return fragment && target === path && !text.includes(`id="${fragment}"`) ? [`${path} has no ${link}`] : []
  })
}
