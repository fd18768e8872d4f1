/** What the wasm of PostgreSQL's parser gives: memory and functions of C. */
interface Library {
  lengthBytesUTF8(text: string): number
  stringToUTF8(text: string, at: number, bytes: number): void
  UTF8ToString(at: number): string
  getValue(at: number, type: 'i32'): number
  _malloc(bytes: number): number
  _free(at: number): void
  _wasm_parse_query_raw(text: number): number
  _wasm_free_parse_result(result: number): void
}

/** What PostgreSQL refuses a text for: `offset` in characters of the text, from 0. */
export interface Refusal {
  message: string
  offset: number
}

export type PostgresParser = (text: string) => Refusal | undefined

/** Where `PgQueryParseResult` points to its error, and what `PgQueryError` holds, in bytes. */
const ERROR_AT = 8
const CURSOR_AT = 16

/** Makes PostgreSQL's own parser ready (libpg_query). A parser that has thrown must not be used again. */
export async function postgresParser(wasm: Uint8Array<ArrayBuffer>): Promise<PostgresParser> {
  const { default: open } = await import('libpg-query/wasm/libpg-query.js')
  const library: Library = await open({
    instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => {
      WebAssembly.instantiate(wasm, imports).then(({ instance }) => done(instance))
    },
  })
  return (text) => refusalOf(library, text)
}

function refusalOf(library: Library, text: string): Refusal | undefined {
  const bytes = library.lengthBytesUTF8(text) + 1
  const query = library._malloc(bytes)
  library.stringToUTF8(text, query, bytes)
  const result = library._wasm_parse_query_raw(query)
  const error = library.getValue(result + ERROR_AT, 'i32')
  const refusal = error ? refusalIn(library, error, text) : undefined
  library._free(query)
  library._wasm_free_parse_result(result)
  return refusal
}

/** The cursor counts characters of Unicode, from 1. */
function refusalIn(library: Library, error: number, text: string): Refusal {
  const cursor = library.getValue(error + CURSOR_AT, 'i32') - 1
  const before = cursor > 0 ? [...text].slice(0, cursor).join('').length : 0
  return { message: library.UTF8ToString(library.getValue(error, 'i32')), offset: before }
}
