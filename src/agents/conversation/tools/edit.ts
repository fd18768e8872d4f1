import { z } from 'zod'
import type { Tx } from '../../../db/writer.ts'
import { Conflict, Invalid } from '../../../errors.ts'
import type { BlobRef } from '../../../files/blobs.ts'
import { changedLines } from '../../../files/diff/changed-lines.ts'
import { applyEdits } from '../../../files/edits/apply.ts'
import { failuresInWords } from '../../../files/edits/failure.ts'
import { projectPath } from '../../../files/paths.ts'
import { refOf } from '../../../jobs/settle.ts'
import { exactText } from '../../../workspace/exact-text.ts'
import { deleteFile, fileAt, filesOf, type ProjectFile, readFileText, writeFile } from '../../../workspace/files.ts'
import { judge } from '../../verdict.ts'
import { missedWithout, noted, weighed } from './dangers.ts'
import { isText } from './look.ts'
import { chatTool, type Place, type ToolDeps } from './tool.ts'

const LONGEST_FILE = 1_000_000 // characters
const FAULTS_SHOWN = 5
/** Edits that take out more of a file than this replace it, however they are put. */
const MOST_TAKEN_OUT = 0.75
/** Of a shorter file, lines are soon most of it, and soon written again, in characters. */
const SHORT_FILE = 400

const Path = z.string().min(1).max(1_024).describe('The path of a file, from the project’s top.')

export const EDITING = chatTool({
  name: 'edit_file',
  description:
    'Changes parts of a text file. Each block names a text that stands in the file exactly once, copied character by character (without the line numbers of read_file), and what is to stand there instead. Every block is looked for in the file as it is, not as another block leaves it. All blocks are made, or none. A person is asked first when next to nothing stays. Read the file first.',
  zod: z.object({
    path: Path,
    blocks: z
      .array(z.object({ search: z.string().max(LONGEST_FILE), replace: z.string().max(LONGEST_FILE) }))
      .min(1)
      .max(50),
  }),
  says: ({ path, blocks }) => `Edits ${path} (${blocks.length === 1 ? '1 place' : `${blocks.length} places`})`,
  async run(deps, place, { path, blocks }) {
    const file = await fileAt(deps.db.read, place.project.id, path)
    if (!isText(file)) throw notText(file)
    const before = await exactText(deps, file)
    if (before === undefined) throw notText(file)
    const after = edited(file.path, before, blocks)
    await mustParse(deps, place, file.path, after, before)
    const blob = await deps.blobs.put(after, { like: file.hash })
    const { asks, notes } = await weighed(deps, place, file.path, after, before)
    const effect = async (tx: Tx) => `${await write(deps, tx, place, file.path, blob, file.version)}${noted(notes)}`
    const takesMost = takesMostOut(before, after, blocks)
    if (!takesMost && asks.length === 0) return { effect }
    const says = takesMost ? `Replace nearly all of ${file.path}.` : `Change ${file.path} with what is dangerous in it.`
    const base = `${file.version} ${blob.hash}`
    return { effect, asks: { says, diff: changedLines(before, after), notes: [...asks, ...notes], base } }
  },
})

export const WRITING = chatTool({
  name: 'write_file',
  description:
    'Writes a whole text file: a new one, or another content for one that is there (a person is asked first; prefer edit_file for that).',
  zod: z.object({ path: Path, content: z.string().max(LONGEST_FILE) }),
  says: ({ path, content }) => `Writes ${path} (${content.length} characters)`,
  async run(deps, place, { path: given, content }) {
    const path = projectPath(given)
    if (!isText({ path })) throw refused(`${path} would be no text file: pictures are rendered with render_picture.`)
    const there = (await filesOf(deps.db.read, place.project.id)).find((file) => file.path === path)
    const before = there && (await readFileText(deps, there))
    if (before === content) return `${path} has this content already.`
    await mustParse(deps, place, path, content, before)
    const blob = await deps.blobs.put(content, { like: there?.hash })
    const { asks, notes } = await weighed(deps, place, path, content, before)
    const effect = async (tx: Tx) => `${await write(deps, tx, place, path, blob, there?.version ?? 0)}${noted(notes)}`
    if (!there && asks.length === 0) return { effect }
    const says = there ? `Replace the whole content of ${path}.` : `Write ${path} with what is dangerous in it.`
    const base = `${there?.version ?? 0} ${blob.hash}`
    return { effect, asks: { says, diff: changedLines(before ?? '', content), notes: [...asks, ...notes], base } }
  },
})

export const DELETING = chatTool({
  name: 'delete_file',
  description: 'Deletes a file. A person is asked first.',
  zod: z.object({ path: Path }),
  says: ({ path }) => `Deletes ${path}`,
  async run(deps, place, { path }) {
    const { project, by, job } = place
    const file = await fileAt(deps.db.read, project.id, path)
    const { version: baseVersion, bytes } = file
    const text = isText(file) ? await readFileText(deps, file) : ''
    const diff = isText(file) ? changedLines(text, '') : []
    const notes = await missedWithout(deps, place, file.path, text)
    return {
      asks: { says: `Delete ${file.path} (${bytes} bytes).`, diff, notes, base: `${baseVersion}` },
      async effect(tx) {
        await deleteFile(deps, tx, { project: project.id, path: file.path, by, job: refOf(job), baseVersion })
        return `Deleted ${file.path}.`
      },
    }
  },
})

function edited(path: string, before: string, blocks: { search: string; replace: string }[]): string {
  const made = applyEdits(new Map([[path, before]]), { format: 'blocks', path, blocks })
  if ('files' in made) return made.files.get(path)!
  const failures = made.failures.map(({ block, ...failure }) => ({
    ...failure,
    path: undefined,
    block: blocks.length > 1 ? block : undefined,
  }))
  throw refused(`${path} was not changed. ${failuresInWords(failures)}`)
}

function takesMostOut(before: string, after: string, blocks: { search: string }[]): boolean {
  if (after.trim() === '') return before.trim() !== ''
  const taken = blocks.reduce((sum, { search }) => sum + search.length, 0)
  return before.length >= SHORT_FILE && taken > before.length * MOST_TAKEN_OUT
}

async function write(
  deps: ToolDeps,
  tx: Tx,
  { project, by, job }: Place,
  path: string,
  blob: BlobRef,
  baseVersion: number,
): Promise<string> {
  const done = baseVersion === 0 ? 'Wrote' : 'Changed'
  const about = { project: project.id, path, blob, by, job: refOf(job), baseVersion, reason: `${done} ${path}` }
  const change = await writeFile(deps, tx, about)
  const version = change.operations.find(({ entityId }) => entityId === path)!.version
  return `${done} ${path}: it is version ${version} now (change ${change.id}).`
}

/** Refuses a text with faults that it did not have before: exact parsers and compilers don't err, but what was wrong already may stay. */
async function mustParse(
  deps: ToolDeps,
  { signal }: Place,
  path: string,
  text: string,
  before?: string,
): Promise<void> {
  const { faults } = await judge(deps, { path, text, before }, signal)
  if (faults.length === 0) return
  throw refused(`${path} was not changed: it would be broken. ${faults.slice(0, FAULTS_SHOWN).join('; ')}.`)
}

function refused(message: string): Invalid {
  return new Invalid('edit_refused', message)
}

function notText({ path, language }: ProjectFile): Conflict {
  return new Conflict('edit_refused', `${path} is not text (${language}): it can't be edited.`)
}
