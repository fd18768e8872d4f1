import { KINDS } from '../../src/workspace/highlight/kinds.ts'
import { treeBeside } from '../../src/workspace/tree.ts'

interface Around {
  shell: object
  project: object
  files: { path: string; language: string; bytes: number; version: number; url: string; rawUrl: string }[]
  now: number
}

/** The viewer's pages: of a text with all kinds of words, and of a picture. */
export function filePages(around: Around) {
  const picture = filePage(around, 'images/front.png', null)
  return {
    file: { view: 'workspace/file', data: filePage(around, 'menu.html', code()) },
    'file-picture': {
      view: 'workspace/file',
      data: { ...picture, file: { ...picture.file, rawUrl: '/raw/front.svg', isPicture: true } },
    },
  }
}

function filePage({ shell, project, files, now }: Around, path: string, shown: string[] | null) {
  const found = files.find((one) => one.path === path)!
  const version = { version: found.version, hash: 'a', who: 'the writer', at: now }
  const all = files.map((each) => ({ ...each, project: 'p1', hash: '', at: now }))
  return {
    shell: { ...shell, title: path, current: 'p1' },
    project: { ...project, status: 'done' },
    file: { ...found, lines: shown?.length ?? 0, shown, isPicture: false, plays: null, isTooLong: false },
    versions: [version],
    newest: version,
    tree: treeBeside('p1', all, path),
  }
}

/** Every class of highlighted word, so that its contrast is looked at. */
function code(): string[] {
  const words = KINDS.map((kind) => `<span class="tok-${kind}">${kind} = something</span> plain`)
  return Array.from({ length: 60 }, (_, line) => words[line % words.length]!)
}
