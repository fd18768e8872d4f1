import type { DomainError } from '../errors.ts'
import type { Snooze } from '../jobs/handler.ts'
import { isInsideExample, readAnswer } from './answer-reader.ts'
import { answerTooLong } from './answer-too-long.ts'
import { type HearHooks, hearAnswer } from './hear-answer.ts'
import type { Choice } from './models.ts'
import type { EditsAsked, ModelRequest, Usage } from './provider.ts'
import { type Joiner, joinTo, wholeLines } from './stitch.ts'
import { codeOf } from './through-chain.ts'

/** Edits are in no language: a fence around all of them is none of theirs, whatever the file is. */
const EDITS = ''
/** Most of one file, and of what comes in one answer for it. */
const FILE_BYTES_AT_MOST = 1024 * 1024
/** Most white space, or beginning of a fence, that may yet turn out not to be the file's, in characters. */
const HELD_AT_MOST = 16 * 1024

export type FileRequest = ModelRequest & { task: { sentinel: string; path: string; edits?: EditsAsked } }

/** What one answer has brought. `ended`: why it is not whole. */
export interface Heard {
  whole: boolean
  /** Text came: what ended it after that is a cut. */
  begun: boolean
  /** What was reported through `onText`. */
  added: string
  fenced: boolean
  usage: Usage
  ended: string
  /** How the model failed. */
  error?: DomainError | Snooze
}

/**
 * Asks once for a file, or for the rest of one whose beginning is `before`. An answer that can't be joined is not heard to
 * its end, nor is one that goes on for ever. @throws what `hearAnswer` throws
 */
export async function hearFile(
  choice: Choice,
  request: FileRequest,
  soFar: { before: string; fenced: boolean },
  hooks: HearHooks,
  signal: AbortSignal,
): Promise<Heard> {
  const text = openText(choice, request.task, soFar, hooks.onText)
  const { usage, finish, hasContent, error } = await hearAnswer(choice, request, hooks, signal, (chunk) =>
    chunk.type === 'text' && text.push(chunk.text) === 'refused' ? 'enough' : undefined,
  )
  const { whole, ...heard } = text.end(!error && finish === 'stop')
  const ended = (error && codeOf(error)) ?? heard.astray ?? (finish === 'stop' ? 'no_end_line' : (finish ?? 'closed'))
  return { whole, begun: hasContent, added: heard.added, fenced: heard.fenced, usage, ended, ...(error && { error }) }
}

/** The text of one answer on its way into the file: without what is around it, joined to what there is, within bounds. */
function openText(
  choice: Choice,
  { sentinel, path: file, edits }: FileRequest['task'],
  { before, fenced }: { before: string; fenced: boolean },
  onText: (delta: string) => void,
) {
  const path = edits ? EDITS : file
  const reader = readAnswer({ sentinel, path, fenced, anchor: wholeLines(before).at(-1) })
  const joiner = joinTo(before)
  let room = FILE_BYTES_AT_MOST - Buffer.byteLength(before)
  let added = ''

  const show = (text: string) => {
    if (text === '') return
    added += text
    onText(text)
  }

  return {
    /** @throws DomainError `model_answer_too_long` */
    push(text: string): Joiner['state'] {
      room -= Buffer.byteLength(text)
      if (room < 0) throw answerTooLong(choice, file, FILE_BYTES_AT_MOST)
      show(joiner.push(reader.push(text)))
      if (reader.held.length > HELD_AT_MOST) throw answerTooLong(choice, file, HELD_AT_MOST)
      return joiner.state
    },
    /** `stopped`: the model says that it has come to the end. */
    end(stopped: boolean) {
      const answered = stopped && reader.done
      if (answered) show(joiner.end())
      const joins = joiner.state === 'joined'
      if (answered && joins && reader.closing !== '' && isInsideExample(path, before + added))
        show(`${reader.closing}\n`)
      // The reader holds back white space, which may be what makes the last line a whole one.
      if (!answered && joins && /^[ \t]*\r?\n/.test(reader.held)) show('\n')
      const astray = joiner.state === 'refused' || (answered && !joins) ? 'does_not_join' : undefined
      return { whole: answered && joins, astray, added, fenced: reader.fenced }
    },
  }
}
