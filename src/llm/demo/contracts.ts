import { posix } from 'node:path'
import type { DemoContent, DemoContract, DemoTask } from './plan.ts'

const LINKS = /(?:href|src)="([^"#?:]+)[#?]?[^":]*"|\]\(([^()\s#?:]+)\)/g
const IMPORTS = /import (?:type )?\{([^}]*)\} from '(\.[^']+)'/g
const EXPORTS = /^export (?:async )?(?:function|const|class|interface|type) (\w+)(\([^{}\n]*\)[^{\n]*)?/gm
const LOADED = /\.(?:css|js)$/
const SEEN = /\.(?:png|mp4)$/

/** The content with what each file promises and takes in its task: here the files are there first, so it is read from them. */
export function withContracts({ plan, files }: DemoContent): DemoContent {
  const paths = new Set(plan.tasks.flatMap(({ path }) => (path === null ? [] : [path])))
  const tasks = plan.tasks.map((task) => {
    const text = task.kind === 'write' ? files.get(task.path!) : undefined
    return text === undefined ? task : { ...task, contract: contractOf(task, text, paths) }
  })
  return { plan: { ...plan, tasks }, files }
}

function contractOf({ path }: DemoTask, text: string, paths: ReadonlySet<string>): DemoContract | null {
  const folder = posix.dirname(path!)
  const named = [...text.matchAll(LINKS)].map(([, tag, link]) => posix.join(folder, tag ?? link!))
  const known = [...new Set(named)].filter((target) => paths.has(target) && target !== path)
  const imports = [...text.matchAll(IMPORTS)].map(([, names, from]) => ({
    from: posix.join(folder, from!),
    names: names!
      .split(',')
      .map((name) => name.replace(/^\s*type\s/, '').trim())
      .filter(Boolean),
  }))
  const contract: Required<DemoContract> = {
    exports: [...text.matchAll(EXPORTS)].map(([, name, rest = '']) => `${name}${rest.trim()}`),
    needs: [
      ...known.filter((target) => LOADED.test(target)).map((from) => ({ from, names: [] })),
      ...imports.filter(({ from }) => paths.has(from)),
    ],
    links: known.filter((target) => !LOADED.test(target) && !SEEN.test(target)),
    pictures: known.filter((target) => SEEN.test(target)).map((target) => ({ path: target, place: '' })),
  }
  const said = Object.entries(contract).filter(([, entries]) => entries.length > 0)
  return said.length === 0 ? null : (Object.fromEntries(said) as DemoContract)
}
