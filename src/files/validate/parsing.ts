import { openParsing, type Parsing } from '../symbols/parsing.ts'

let shared: Parsing | undefined

/** The one Worker in which all validators parse. It is started when it is first needed, and ends when it had nothing to do for a while. */
export function validatorsParsing(): Parsing {
  shared ??= openParsing()
  return shared
}
