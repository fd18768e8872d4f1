import { join } from 'node:path'
import { report, reportInWords } from './report.ts'

export const PAGE = join(import.meta.dir, '../../../docs/edits.md')
const TABLES = /(?<=<!-- the tables -->\n\n)[\s\S]*?(?=\n\n<!-- their end -->)/

/** The page with the figures as they are. */
export async function pageAsItShouldBe(): Promise<string> {
  return (await Bun.file(PAGE).text()).replace(TABLES, reportInWords(report()))
}

if (import.meta.main) await Bun.write(PAGE, await pageAsItShouldBe())
