import { endingOf } from './kinds.ts'
import type { Artifact } from './tables.ts'

/** Words of a name, and its characters at most. */
const WORDS = 6
const CHARACTERS = 48

type Named = Pick<Artifact, 'project' | 'path' | 'job' | 'n' | 'hash' | 'mediaType'>

/** The place of a result below the folder of results: `<project>/<name>/<job>-<n>-<sha8>.<ext>`. Never a counter that two could share. */
export function resultName(artifact: Named): string {
  const { project, path, job, n, hash, mediaType } = artifact
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
  return `${project}/${slugOf(file)}/${job}-${n}-${hash.slice(0, 8)}.${endingOf(mediaType)}`
}

/** The file of a project that holds what was made of a prompt, without a task that names one. The same bytes have the same name. */
export function pictureName(prompt: string, hash: string, mediaType: string): string {
  return `pictures/${slugOf(prompt)}-${hash.slice(0, 8)}.${endingOf(mediaType)}`
}

/** `images/hero.png`, 2 -> `images/hero-2.png` */
export function besideName(path: string, n: number, more = ''): string {
  const dot = path.lastIndexOf('.')
  const [stem, ending] = dot > path.lastIndexOf('/') + 1 ? [path.slice(0, dot), path.slice(dot)] : [path, '']
  return `${stem}-${n}${more}${ending}`
}

/** The first words of a text as a part of a file's name. */
export function slugOf(text: string): string {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .match(/[a-z0-9]+/g)
  return (words ?? []).slice(0, WORDS).join('-').slice(0, CHARACTERS).replace(/-+$/, '') || 'picture'
}
