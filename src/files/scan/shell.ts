import { type Call, callsOf, gravity, matches } from './calls.ts'
import { valueAt } from './expressions.ts'
import type { Hit } from './finding.ts'
import type { Range } from './ranges.ts'
import { holesIn, shapeOf, within } from './shapes.ts'
import type { Source } from './source.ts'

const RULE = 'shell-from-input'
const REASON =
  'A shell reads a command that is put together from values: one of them can run anything. Call the program with a list of arguments instead.'

/** Commands that a shell reads and that are not fixed. */
export function shell(source: Source): Hit[] {
  return [...(BY_LANGUAGE[source.language]?.(source) ?? []), ...downloads(source)]
}

const BY_LANGUAGE: Readonly<Record<string, (source: Source) => Hit[]>> = {
  javascript: script,
  jsx: script,
  typescript: script,
  tsx: script,
  python,
  php: (source) => [...judged(source, callsOf(source, PHP)), ...backticks(source)],
  ruby: (source) => [...judged(source, callsOf(source, RUBY), 1), ...rubyWords(source), ...backticks(source)],
  perl: (source) => judged(source, callsOf(source, PERL), 1),
  go: (source) => throughShell(source, callsOf(source, /\bexec\.Command(?:Context)?\(/g)),
  rust: (source) => throughShell(source, callsOf(source, /\bCommand::new\(/g)),
  java: (source) => [
    ...judged(source, callsOf(source, /(?:\bgetRuntime\(\)|\b(?:rt|runtime))\s{0,20}\.exec\(/g)),
    ...throughShell(source, callsOf(source, /\bProcessBuilder\(/g)),
  ],
  csharp: (source) => throughShell(source, callsOf(source, /\bProcess\.Start\(|\bProcessStartInfo\(/g)),
  c: (source) => judged(source, callsOf(source, C)),
  cpp: (source) => judged(source, callsOf(source, C)),
  bash: evaluated,
  yaml: workflows,
}

const PHP = /(?<![\w>:$\\])\\?(?:shell_exec|exec|system|passthru|popen|proc_open|pcntl_exec)\s{0,3}\(/g
const RUBY = /(?<![\w.:])(?:Kernel\.)?(?:system|exec|spawn|IO\.popen|Open3\.\w{1,20})\(/g
const PERL = /(?<![\w>:$])(?:system|exec)\s{0,3}\(/g
const C = /(?<![\w.>])(?:std::)?(?:system|popen)\s{0,3}\(/g

/** Calls whose first argument a shell reads; with `most` arguments or fewer. */
function judged(source: Source, calls: Call[], most = Number.POSITIVE_INFINITY): Hit[] {
  return calls.flatMap(({ at, args, texts }) => {
    if (args.length > most || /^(?:\[|array\()/.test(texts[0] ?? '')) return []
    return hit(source, at, args[0])
  })
}

function hit(source: Source, at: number, range: Range | undefined): Hit[] {
  const severity = gravity(source, range)
  return severity ? [{ rule: RULE, severity, at, reason: REASON }] : []
}

/** `exec` is also what patterns and databases do: a shell has it only from the module. */
function script(source: Source): Hit[] {
  if (!/child_process|\bexeca\b|shelljs|['"]zx['"]|\bBun\b/.test(source.code)) return []
  const runs = callsOf(
    source,
    /(?<![\w$.])(?:(?:child_process|childProcess|cp|proc|shell|shelljs|require\([^()\n]{1,40}\))\.)?(?:execSync|exec|execAsync|execPromise|execP|run|sh|asyncExec|promisify\(exec\)\)|execaCommand|execaCommandSync)\s{0,3}\(/g,
  )
  const known = runs.filter(
    ({ name }) =>
      !/^(?:run|sh)\s*\(/.test(name) ||
      new RegExp(`\\b${name.match(/\w+/)![0]}\\s{0,3}=\\s{0,3}(?:util\\.)?promisify\\(`).test(source.bare),
  )
  const spawned = callsOf(
    source,
    /(?<![\w$])(?:spawn|spawnSync|execFile|execFileSync|execa|Bun\.spawn|Bun\.spawnSync)\s{0,3}\(/g,
  )
  const throughOption = spawned
    .filter(({ texts }) => texts.some((text) => /^\{[\s\S]*\bshell\s*:(?!\s*false)/.test(text)))
    .flatMap(({ at, args }) =>
      args
        .slice(0, 2)
        .flatMap((range) => hit(source, at, range))
        .slice(0, 1),
    )
  const inBun = callsOf(source, /\bBun\.\$\s{0,3}\(|\{\s{0,3}raw\s{0,3}:\s{0,3}(?=[a-z])/g).flatMap(({ at, args }) =>
    hit(source, at, args[0]),
  )
  return [
    ...judged(source, known),
    ...throughOption,
    ...throughShell(source, spawned),
    ...(source.code.includes('$`') ? inBun : []),
  ]
}

function python(source: Source): Hit[] {
  const always = callsOf(
    source,
    /(?<![\w.])(?:os\.(?:system|popen)|commands\.getoutput|subprocess\.(?:getoutput|getstatusoutput)|asyncio\.create_subprocess_shell|create_subprocess_shell)\s{0,3}\(/g,
  )
  const asked = callsOf(source, /(?<![\w.])(?:subprocess\.)?(?:run|call|Popen|check_output|check_call)\s{0,3}\(/g)
  const asShell = asked.filter(({ texts }) => texts.some((text) => /^shell\s*=(?!\s*False)/.test(text)))
  const distant = callsOf(source, /\.exec_command\s{0,3}\(/g)
  return [...judged(source, [...always, ...asShell, ...distant]), ...throughShell(source, asked)]
}

const SHELLS =
  /^\[?(?:List\.of\()?\s*["'`](?:\/(?:usr\/)?bin\/)?(?:(?:ba|z|da|k)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?|pwsh)["'`]/
const READS = /["'`](?:-l?c|\/c|-Command|-c )/i

/** `sh -c` called as a program. */
function throughShell(source: Source, calls: Call[]): Hit[] {
  return calls.flatMap(({ at, args, texts }) => {
    if (!texts.some((text) => SHELLS.test(text))) return []
    const first = args[0]!
    const all: Range = [first[0], valueAt(source.bare, first[0])[1]]
    if (!READS.test(source.code.slice(...all))) return []
    return shapeOf(source, all) === 'fixed' ? [] : [{ rule: RULE, severity: 'high' as const, at, reason: REASON }]
  })
}

/** `system "convert #{name}"`, without brackets. */
function rubyWords(source: Source): Hit[] {
  return matches(source.bare, /(?<![\w.:"'])(?:system|exec|spawn)[ ]{1,4}(?=["'])/g, (match) => {
    const range = valueAt(source.bare, match.index + match[0].length)
    const isList = source.bare.slice(...range).includes(',')
    return isList || holesIn(source, range).length === 0 ? undefined : { rule: RULE, severity: 'high', reason: REASON }
  })
}

/** In PHP and Ruby a shell reads what stands between backticks. */
function backticks(source: Source): Hit[] {
  return matches(source.code, /`([^`\n]{1,500})`|%x[([{]([^\n)\]}]{1,500})/g, ([, ticked, words]) => {
    const hole = source.language === 'ruby' ? /#\{/ : /\$\w/
    return hole.test(ticked ?? words ?? '') ? { rule: RULE, severity: 'high', reason: REASON } : undefined
  })
}

/** A shell script that reads text as a command once more. */
function evaluated(source: Source): Hit[] {
  const evaluates = matches(
    source.code,
    /(?<=^|[;&|(]|\bthen |\bdo )[ \t]{0,40}eval[ ]{1,4}([^\n;|&]{1,300})/gm,
    ([, what]) =>
      /\$(?:[1-9@*]|\{?[a-z_]\w*|\()/i.test(what!) &&
      !/\$\(\s*(?:ssh-agent|dircolors|brew|direnv|starship|zoxide|pyenv|rbenv|nodenv|fnm|docker-machine|minikube|getopt|resize|opam|luarocks|lesspipe|SHELL=\S+ lesspipe|"?\$\w+"? shellenv)/.test(
        what!,
      )
        ? {
            rule: RULE,
            severity: /\$(?:[1-9@*]|\{?(?:QUERY_STRING|REQUEST|input|cmd|1|2))/i.test(what!) ? 'high' : 'medium',
            reason: REASON,
          }
        : undefined,
  )
  const nested = matches(source.code, /\b(?:ba|z|da|k)?sh\s{1,3}-l?c\s{1,3}"([^"\n]{1,300})"/g, ([, what]) =>
    /\$(?:[1-9@*]|\{?[1-9])/.test(what!) ? { rule: RULE, severity: 'high', reason: REASON } : undefined,
  )
  return [...evaluates, ...nested]
}

/** What anybody may write into a title or a branch’s name. */
const UNTRUSTED =
  /\$\{\{[^}\n]{0,100}github\.(?:event\.(?:issue|pull_request|comment|review|review_comment|discussion|head_commit|commits|pages)[\w.*[\]]{0,40}\.(?:title|body|message|name|email|ref|label|page_name|default_branch)|head_ref)\b[^}\n]{0,100}\}\}/g
const WORKFLOW = /(?:^|\/)\.(?:github|gitea|forgejo)\/|(?:^|\/)action\.ya?ml$/

function workflows(source: Source): Hit[] {
  if (!WORKFLOW.test(source.path)) return []
  return matches(source.code, UNTRUSTED, (match) =>
    isInRun(source, match.index)
      ? {
          rule: RULE,
          severity: 'high',
          reason:
            'Whoever opens an issue or a branch writes this text, and a shell reads it as part of a command. Pass it through env, and quote it.',
        }
      : undefined,
  )
}

/** In a `run:` of its own line, or in the block below one. */
function isInRun({ code, lines }: Source, at: number): boolean {
  const start = code.lastIndexOf('\n', at - 1) + 1
  const own = code.slice(start, at)
  if (/\brun\s*:/.test(own)) return true
  const indent = own.search(/\S/)
  let line = lines.indexOf(start)
  for (let i = 0; i < 60 && --line >= 0; i++) {
    const text = code.slice(lines[line]!, lines[line + 1])
    const depth = text.search(/\S/)
    if (depth >= 0 && depth < indent) return /^\s*(?:-\s+)?(?:run|script)\s*:/.test(text)
  }
  return false
}

const PIPED =
  /\b(?:curl|wget|fetch)\b(?:[^|\n;\\]|\\[\s\S]){1,300}\|\s{0,5}(?:sudo\s{1,3}(?:-\w{1,3}\s{1,3})?)?(?:env\s{1,3})?(?:\/\w{1,20}){0,3}\/?(?:(?:ba|z|da|k|fi)?sh|python3?|node|perl|ruby|php)\b(?!\.)/g
const SUBSTITUTED =
  /\b(?:(?:ba|z|da|k)?sh|source|eval|\.)\s{1,3}(?:-l?c\s{1,3})?["']?(?:<\(|\$\(|`)\s{0,3}(?:curl|wget)\b|\b(?:iex|Invoke-Expression)\b[^\n]{0,60}(?:\biwr\b|\birm\b|DownloadString|Invoke-WebRequest|Invoke-RestMethod)|(?:\biwr\b|\birm\b|DownloadString)[^\n|]{0,200}\|\s{0,3}iex\b/gi
const PIPED_REASON =
  'What a server answers at that moment is run unseen. Download it, compare its checksum, then run it; or install a package of a fixed version.'
/** Where a whole line is read by a shell, sooner or later. */
const OF_SHELLS = new Set(['bash', 'yaml', 'dockerfile', 'makefile', 'json'])

function downloads(source: Source): Hit[] {
  const found = { rule: 'piped-install', severity: 'high', reason: PIPED_REASON } as const
  if (OF_SHELLS.has(source.language)) {
    return [PIPED, SUBSTITUTED].flatMap((pattern) =>
      matches(source.code, pattern, (match) => (isSaid(source, match.index) ? undefined : found)),
    )
  }
  if (!/curl|wget|iwr|DownloadString/.test(source.code)) return []
  return callsOf(
    source,
    /(?<![\w$])(?:exec\w{0,10}|spawn\w{0,6}|system|popen|Popen|run|call|check_call|check_output|shell_exec|passthru|sh|Command)\s{0,3}\(/g,
  ).flatMap(({ at, args }) => {
    const words = args
      .flatMap(([from, to]) => within(source.strings, from, to))
      .map(([from, to]) => source.text.slice(from, to))
    return words.some((text) => text.search(PIPED) >= 0 || text.search(SUBSTITUTED) >= 0) ? [{ ...found, at }] : []
  })
}

/** What `echo` prints is not run, and what a JSON file says is run only as a script of a package. */
function isSaid({ code, path, language }: Source, at: number): boolean {
  const start = code.lastIndexOf('\n', at - 1) + 1
  const before = code.slice(start, at)
  if (language === 'json')
    return !/package\.json$|devcontainer\.json$/.test(path) || !/^\s*"[\w:.-]+"\s*:\s*"/.test(before)
  if (language === 'yaml' && /^\s*(?:-\s+)?(?:name|description|title|summary)\s*:/.test(before)) return true
  return /(?:^|[;&|]|\bthen|\bdo)\s*(?:echo|printf|info|log|warn|error|say|print|cat)\b[^|;&]*["'][^"']*$/.test(before)
}
