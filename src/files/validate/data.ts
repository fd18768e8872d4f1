import { bundle } from './bundler.ts'
import { type Fault, faultAt } from './fault.ts'

/** Texts that hold data: `parse` says whether one is right, the bundler where it is wrong. */
export async function checkData(text: string, loader: string, parse: (text: string) => unknown): Promise<Fault[]> {
  try {
    parse(text)
    return []
  } catch (error) {
    const [placed] = await bundle(`file.${loader}`, text)
    return [placed ?? { message: said(error) }]
  }
}

/** JSON. The bundler reads more than that (comments, single quotes): what it lets pass is no token of JSON. */
export async function checkJson(text: string): Promise<Fault[]> {
  const [fault] = await checkData(text, 'json', JSON.parse)
  if (!fault) return []
  return [fault.line ? fault : faultAt(text, strangeToken(text), fault.message)]
}

/** JSON Lines: each line a value. */
export function checkLines(text: string): Fault[] {
  return text.split('\n').flatMap((row, i) => {
    try {
      if (row.trim() !== '') JSON.parse(row)
      return []
    } catch (error) {
      return [{ line: i + 1, column: strangeToken(row) + 1, message: said(error) }]
    }
  })
}

const TOKEN =
  /[\s{}[\]:,]+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b/y

/** Where the first thing stands that is no token of JSON; the end, when all are. */
function strangeToken(text: string): number {
  TOKEN.lastIndex = 0
  let end = 0
  while (end < text.length && TOKEN.test(text)) end = TOKEN.lastIndex
  return end
}

function said(error: unknown): string {
  return (error as Error).message.replace(/^\w+ Parse error: /, '')
}
