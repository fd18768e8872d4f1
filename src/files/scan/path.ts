import { callsOf } from './calls.ts'
import type { Hit } from './finding.ts'
import { isFromRequest, shapeOf } from './shapes.ts'
import { linesAround, type Source } from './source.ts'

const REASON =
  'A path comes from a request: with “../” in it, it leads to any file. Resolve it, and refuse what is not below the folder that is meant.'

const FILES: Readonly<Record<string, RegExp>> = {
  script:
    /(?<![\w$])(?:(?:fs|fsp|fsPromises|promises)\.(?:promises\.)?)?(?:readFile|readFileSync|createReadStream|createWriteStream|writeFile|writeFileSync|appendFile|unlink|unlinkSync|rm|rmSync|readdir|readdirSync|stat|statSync|sendFile|download|Bun\.file|Bun\.write|Deno\.readTextFile|Deno\.readFile|copyFile|rename)\s{0,3}\(/g,
  python:
    /(?<![\w.])(?:io\.|aiofiles\.)?(?:open|send_file|FileResponse|os\.remove|os\.unlink|os\.listdir|shutil\.\w{1,12}|Path|pathlib\.Path)\s{0,3}\(/g,
  php: /(?<![\w>:$])(?:file_get_contents|file_put_contents|fopen|readfile|unlink|include|include_once|require|require_once|file|copy|rename|highlight_file|show_source)\b[ (]{1,3}/g,
  ruby: /\b(?:File\.(?:read|open|new|delete|write|readlines|binread)|IO\.read|send_file|Dir\.glob|FileUtils\.\w{1,12})[ (]/g,
  go: /\b(?:os\.(?:Open|OpenFile|ReadFile|WriteFile|Remove|RemoveAll|Create)|ioutil\.ReadFile|http\.ServeFile|c\.File|c\.SendFile)\(/g,
  java: /\bnew\s{1,3}(?:File|FileInputStream|FileReader|FileOutputStream|FileWriter)\s{0,3}\(|\b(?:Paths\.get|Path\.of|Files\.\w{1,20})\s{0,3}\(/g,
  csharp: /\bFile\.(?:ReadAll\w{1,6}|Open\w{0,6}|Delete|WriteAll\w{1,6})\s{0,3}\(|\bPhysicalFile\s{0,3}\(/g,
}
const SCRIPTS = new Set(['javascript', 'jsx', 'typescript', 'tsx'])

/** A word that says that somebody has thought of it. */
const GUARDED =
  /basename|secure_filename|startsWith\(|startswith\(|start_with\?|HasPrefix|is_relative_to|relative_to\(|realpath|commonpath|commonprefix|path\.relative|filepath\.Base|filepath\.IsLocal|SecureJoin|safe_join|send_from_directory|getFileName\(|normalize\(\)\.startsWith|\broot\s*:|allowed|ALLOWED|whitelist|in_array|includes\(|\.has\(|includes\?|isSafe|safePath|ctype_alnum|\.test\(|\.match\(|re\.(?:full)?match|OpenRoot|os\.DirFS/
const LINES_BEFORE = 14
const LINES_AFTER = 1

/** Files whose name comes with a request, and that nobody has looked at. */
export function paths(source: Source): Hit[] {
  const pattern = FILES[SCRIPTS.has(source.language) ? 'script' : source.language]
  if (!pattern) return []
  return callsOf(source, pattern).flatMap(({ at, args, name }): Hit[] => {
    const from = /ServeFile/.test(name) ? args.slice(2) : args.slice(0, 1)
    const isInput = from.some((range) => isFromRequest(source, range) && shapeOf(source, range) === 'input')
    if (!isInput || isGuarded(source, at)) return []
    return [{ rule: 'path-from-input', severity: 'high', at, reason: REASON }]
  })
}

function isGuarded(source: Source, at: number): boolean {
  return GUARDED.test(source.code.slice(...linesAround(source, at, LINES_BEFORE, LINES_AFTER)))
}
