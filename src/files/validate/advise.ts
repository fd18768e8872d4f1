import { languageOf } from '../languages.ts'
import { grammarForErrors } from '../symbols/grammars.ts'
import type { Mistake } from '../symbols/mistakes.ts'
import { type Fault, faultAt, withLines } from './fault.ts'
import { newFaults } from './new-faults.ts'
import { validatorsParsing } from './parsing.ts'
import { refusedByBoth } from './sql.ts'
import { isTemplate } from './templates.ts'

/** Longest text that is looked at, in characters. */
const MAX_LENGTH = 500_000
const PARSE_MS = 1_000

/** Headers, which may be of C++ or Objective-C, and scripts of another shell. */
const OTHERS = /\.(?:h|zsh)$/

/** Languages that a parser of their own judges: a grammar has nothing to add. */
const EXACT = new Set(['javascript', 'jsx', 'typescript', 'tsx'])

/**
 * What may be wrong with a file, for whoever writes it to look at; nothing of it is sure enough to refuse the file. Of one that was there `before`
 * only what is new.
 */
export async function advise(path: string, text: string, before?: string): Promise<Fault[]> {
  const found = await hintsIn(path, text, before === undefined)
  return found.length === 0 || before === undefined
    ? found
    : newFaults(found, await hintsIn(path, before, false), before)
}

async function hintsIn(path: string, text: string, isNew: boolean): Promise<Fault[]> {
  const language = languageOf(path)
  if (text.length > MAX_LENGTH || isTemplate(path, language, text)) return []
  const isJudged = isNew ? !OTHERS.test(path) : true
  const byGrammar = isJudged ? await grammarsFaults(language, text, isNew) : []
  return withLines(text, [...(await byRule(language, text, isNew)), ...byGrammar])
}

/** Of another dialect than the two that are known, only what is cut off can be told in a new file. */
const CUT_OFF = /at end of input|unterminated|incomplete input/

async function byRule(language: string, text: string, isNew: boolean): Promise<Fault[]> {
  if (language === 'sql') return (await refusedByBoth(text)).filter(({ message }) => !isNew || CUT_OFF.test(message))
  if (language === 'markdown') return openFence(text)
  if (language === 'html') return openPage(text)
  return []
}

async function grammarsFaults(language: string, text: string, isNew: boolean): Promise<Fault[]> {
  const grammar = grammarForErrors(language)
  if (!grammar || EXACT.has(language)) return []
  const mistakes = (await validatorsParsing().errors(grammar, text, PARSE_MS)) ?? []
  return mistakes.filter((mistake) => !isNew || counts(language, mistake)).map(inWords)
}

/** Their grammars fail on macros: of a new file only what is not closed at its end counts. */
const WITH_MACROS = new Set(['c', 'cpp'])

function counts(language: string, mistake: Mistake): boolean {
  return mistake.atEnd || !WITH_MACROS.has(language)
}

function inWords({ line, column, missing, found }: Mistake): Fault {
  const message = missing ? `“${missing}” seems to be missing here` : `“${found}” can’t be read here`
  return { line, column, message }
}

/** A code fence that is never closed makes all of the rest code. */
function openFence(text: string): Fault[] {
  let open: { fence: string; line: number } | undefined
  for (const [i, row] of text.split('\n').entries()) {
    const [, fence, info] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(row) ?? []
    if (fence === undefined) continue
    if (!open) open = fence.startsWith('`') && info!.includes('`') ? undefined : { fence, line: i + 1 }
    else if (fence.startsWith(open.fence) && info!.trim() === '') open = undefined
  }
  return open ? [{ line: open.line, column: 1, message: 'This code fence is never closed' }] : []
}

/** A whole page says where it ends, though it need not. */
function openPage(text: string): Fault[] {
  return ['html', 'body'].flatMap((tag) => {
    const opens = new RegExp(`<${tag}(?=[\\s>])`, 'i').exec(text)
    const isClosed = new RegExp(`</${tag}\\s*>`, 'i').test(text)
    return opens && !isClosed
      ? [faultAt(text, opens.index, `This <${tag}> is never closed: the page may be cut off`)]
      : []
  })
}
