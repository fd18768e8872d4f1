import { join } from 'node:path'
import { tableInWords } from './table.ts'

export const PAGE = join(import.meta.dir, '../../docs/providers.md')
const TABLE = /(?<=<!-- the table -->\n\n)[\s\S]*?(?=\n\n<!-- its end -->)/

/** The page with the table as it is. */
export async function pageAsItShouldBe(): Promise<string> {
  return (await Bun.file(PAGE).text()).replace(TABLE, tableInWords())
}

if (import.meta.main) await Bun.write(PAGE, await pageAsItShouldBe())
