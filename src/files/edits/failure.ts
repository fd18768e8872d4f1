/** Why an edit was not made. Nothing of an answer is made when one of its blocks can't be. */
export type EditReason =
  /** The answer holds no edit. */
  | 'no_edits'
  /** Its form can't be read for sure. */
  | 'malformed'
  /** Deleting, renaming, binary patches: no edit of a text. */
  | 'unsupported'
  | 'unknown_file'
  /** It creates a file that is there. */
  | 'exists'
  /** The file is not any more as the model saw it. */
  | 'moved_on'
  /** Nothing says where. */
  | 'no_anchor'
  | 'no_change'
  /** `...` stands for lines that were left out of what to search for. */
  | 'elision'
  /** A comment stands for lines that were left out of what is to come. */
  | 'placeholder'
  /** Line numbers of a numbered view were copied along. */
  | 'numbered'
  | 'not_found'
  /** What is to come stands there, and what it replaces doesn't. */
  | 'already_there'
  /** It stands there more than once. */
  | 'ambiguous'
  /** It stands there but for white space, and how that is to be carried over is not certain. */
  | 'indentation'
  /** It stands there but for Unicode's punctuation, and which of both is to stay is not certain. */
  | 'punctuation'
  /** One ends with a newline and the other doesn't. */
  | 'newline'
  /** Two blocks speak of the same lines. */
  | 'overlap'
  /** What came of it is not what the answer says: a fault of Hearth. */
  | 'unproved'

/** One line of the file, numbered from 1. */
export interface NumberedLine {
  line: number
  text: string
}

export interface EditFailure {
  reason: EditReason
  /** What is wrong, and what to do about it, for the model. */
  message: string
  path?: string
  /** The block's number in the answer, from 1; undefined: the answer as a whole. */
  block?: number
  /** The lines of the file that it may mean. */
  near?: NumberedLine[]
  /** The lines at which it stands, where it stands more than once. */
  places?: number[]
}

/** Why one block was not made. */
export type Refusal = Omit<EditFailure, 'path' | 'block'>

const NEAR_CHARACTERS = 160

/** The failures as a model is told them. */
export function failuresInWords(failures: readonly EditFailure[]): string {
  return failures.map(inWords).join('\n\n')
}

function inWords({ path, block, message, near = [] }: EditFailure): string {
  const where = [block === undefined ? [] : [`Block ${block}`], path === undefined ? [] : [path]].flat().join(', ')
  const shown = near.map(({ line, text }) => `${line}| ${text.slice(0, NEAR_CHARACTERS)}`)
  const lines = shown.length === 0 ? [] : ['The nearest lines of the file, each after its number and a bar:', ...shown]
  const said = message.charAt(0).toUpperCase() + message.slice(1)
  return [where === '' ? said : `${where}: ${said}`, ...lines].join('\n')
}
