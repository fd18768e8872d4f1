import { dirname, join } from 'node:path'

/** The repository's files that are looked at: path from the root -> text. */
export type House = ReadonlyMap<string, string>

/**
 * `src/`, in order: a file may import from its own room and from the rooms before it.
 * docs/decisions/001-rooms.md says why `config.ts` stands after `log.ts`.
 */
export const ROOMS = [
  'errors.ts',
  'clock.ts',
  'redact.ts',
  'log.ts',
  'config.ts',
  'packed-library.ts',
  'assets-packed.ts',
  'assets.ts',
  'db/',
  'events/',
  'jobs/',
  'llm/',
  'files/',
  'sandbox/',
  'gpu/',
  'web/',
  'accounts/',
  'changes/',
  'projects/',
  'workspace/',
  'studio/',
  'agents/',
  'integrations/',
  'notices/',
  'ops/',
  'engines.ts',
  'app.ts',
  'cli/',
  'main.ts',
] as const

/** Where a library may be imported: every other file of `src/` must do without it. */
const HOMES: ReadonlyArray<{ library: RegExp; home: RegExp }> = [
  { library: /^(elysia|@elysiajs)(\/|$)/, home: /^src\/(web\/|app\.ts$|.*\/routes\.ts$|.*-routes\.ts$)/ },
  { library: /^@libsql\/|^libsql$|^drizzle-orm\/libsql/, home: /^src\/db\// },
  { library: /^@anthropic-ai\/sdk(\/|$)/, home: /^src\/llm\/anthropic\.ts$/ },
  { library: /^openai(\/|$)/, home: /^src\/llm\/openai-chat\.ts$/ },
  { library: /^@google\/genai(\/|$)/, home: /^src\/llm\/google\.ts$/ },
  { library: /^gpt-tokenizer(\/|$)/, home: /^src\/llm\/tokens\.ts$/ },
  { library: /^(web-)?tree-sitter/, home: /^src\/files\/symbols\// },
  { library: /^croner$/, home: /^src\/jobs\// },
  { library: /^eta(\/|$)/, home: /^src\/(web\/|llm\/prompts\.ts$)/ },
  { library: /^(lucide-static|htmx\.org)(\/|$)/, home: /^src\/web\// },
  { library: /^(shiki|@shikijs|fflate|yauzl)(\/|$)/, home: /^src\/workspace\// },
  { library: /^(node-diff3|diff)(\/|$)/, home: /^src\/files\// },
  { library: /^(postcss|postcss-scss|dockerfile-utils|libpg-query)(\/|$)/, home: /^src\/files\/validate\// },
]

const MAX_LINES = 400

/** Every trespass in the house, one sentence each; empty when all keep to their rooms. */
export function trespasses(house: House): string[] {
  return [...house].flatMap(([path, text]) => [
    ...laterRooms(path, text),
    ...strangers(path, text),
    ...forbiddenCode(path, text),
    ...inlineCode(path, text),
    ...tooLong(path, text),
  ])
}

function laterRooms(path: string, text: string): string[] {
  if (!path.startsWith('src/')) return []
  const own = roomOf(path)
  if (own < 0) return [`${path} is in no room: add it to ROOMS, or move it.`]
  const inside = importsOf(text).map((name) => (name.startsWith('.') ? join(dirname(path), name) : name))
  return inside
    .filter((target) => target.startsWith('src/') && roomOf(target) > own)
    .map((target) => `${path} imports ${target}, which is in a later room.`)
}

function strangers(path: string, text: string): string[] {
  const names = importsOf(text)
  const sqlite = names.includes('bun:sqlite')
    ? [`${path} imports a second SQLite: the process holds one, in src/db/.`]
    : []
  if (!path.startsWith('src/')) return sqlite
  const away = HOMES.filter(({ home }) => !home.test(path)).flatMap(({ library }) =>
    names.filter((n) => library.test(n)),
  )
  return [...sqlite, ...away.map((name) => `${path} imports ${name} outside its home.`)]
}

function forbiddenCode(path: string, text: string): string[] {
  if (!path.startsWith('src/') || !path.endsWith('.ts')) return []
  const code = withoutComments(text)
  return [
    /(^|\/)index\.ts$/.test(path) && `${path} is a barrel: name the file after what it does.`,
    /^export\s+\*\s+from/m.test(code) && `${path} passes on all of another module: import from where things are.`,
    path !== 'src/main.ts' &&
      /\b(process|Bun|import\.meta)\.env\b/.test(code) &&
      `${path} reads the environment: only main.ts does, once.`,
    !path.startsWith('src/db/') && /\.transaction\(/.test(code) && `${path} opens a transaction: db.write is the way.`,
  ].filter((line) => line !== false)
}

/** What the content security policy would refuse: script and style inside the markup. */
function inlineCode(path: string, text: string): string[] {
  if (!path.startsWith('views/')) return []
  const markup = text.replace(/<%[\s\S]*?%>/g, '').replace(/<!--[\s\S]*?-->/g, '')
  return [
    /<script\b(?![^>]*\ssrc\s*=)/i.test(markup) && `${path} holds a script without src.`,
    /<style\b/i.test(markup) && `${path} holds a style element.`,
    /\sstyle\s*=/i.test(markup) && `${path} holds a style attribute.`,
    /\son[a-z]+\s*=/i.test(markup) && `${path} holds an inline event handler.`,
    /\bhx-on\b/i.test(markup) && `${path} holds hx-on.`,
    /["'\s]js:/i.test(markup) && `${path} holds a js: expression.`,
    /\b(href|src|action)\s*=\s*["']?\s*javascript:/i.test(markup) && `${path} holds a javascript: address.`,
  ].filter((line) => line !== false)
}

function tooLong(path: string, text: string): string[] {
  const lines = text.split('\n').length - 1
  return lines > MAX_LINES
    ? [`${path} has ${lines} lines, more than ${MAX_LINES}: it holds more than one thought.`]
    : []
}

function roomOf(path: string): number {
  const inside = path.slice('src/'.length)
  return ROOMS.findIndex((room) => holds(room, inside))
}

function holds(room: string, path: string): boolean {
  return room.endsWith('/') ? path.startsWith(room) : path === room
}

/** The specifiers of all imports and re-exports, types included, as written. */
function importsOf(text: string): string[] {
  const code = withoutComments(text)
  const whole = code.matchAll(/^\s*(?:import|export)\b[^'"`;=()]*?\bfrom\s*['"]([^'"\n]+)['"]/gm)
  const bare = code.matchAll(/^\s*import\s*['"]([^'"\n]+)['"]/gm)
  const dynamic = code.matchAll(/\b(?:import|require)\s*\(\s*['"]([^'"\n]+)['"]/g)
  return [...whole, ...bare, ...dynamic].map((match) => match[1]!)
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '')
}
