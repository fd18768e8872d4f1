import { callsOf, gravity, matches } from './calls.ts'
import type { Hit } from './finding.ts'
import type { Source } from './source.ts'

const EVAL =
  'Text is run as code: whoever can shape the text runs what they like. Parse it, or choose from a table of functions.'
const LOAD =
  'Reading data in this format can run code that the data brings. Read JSON, or use the safe reader of the library.'

const SCRIPTS = new Set(['javascript', 'jsx', 'typescript', 'tsx'])

const EVALS: Readonly<Record<string, RegExp>> = {
  script:
    /(?<![\w$.])(?:(?:window|globalThis|self|global)\.)?(?:eval|(?:new\s{1,3})?Function|execScript)\s{0,3}\(|\bvm\.run(?:InNewContext|InThisContext|InContext)\s{0,3}\(|\bnew\s{1,3}vm\.Script\s{0,3}\(/g,
  python: /(?<![\w.])(?:builtins\.)?(?:eval|exec)\s{0,3}\(/g,
  php: /(?<![\w>:$])(?:eval|assert|create_function)\s{0,3}\(/g,
  ruby: /(?<![\w.:"'])(?:eval)\s{0,3}\(|\.(?:instance_eval|class_eval|module_eval)\s{0,3}\(|\.constantize\b(?=()\()/g,
  perl: /(?<![\w>:$])eval\s{0,3}\(/g,
}

/** Text that is run as code. */
export function evals(source: Source): Hit[] {
  const pattern = EVALS[SCRIPTS.has(source.language) ? 'script' : source.language]
  if (!pattern) return []
  const called = callsOf(source, pattern).flatMap(({ at, name, args, texts }): Hit[] => {
    if (isDefinition(source, at) || (/assert/.test(name) && !/^["'$]/.test(texts[0] ?? ''))) return []
    if (/Function/.test(name) && source.language !== 'php') return evaluatedBody(source, at, args)
    const severity = gravity(source, args[0])
    return severity ? [{ rule: 'code-from-input', severity, at, reason: EVAL }] : []
  })
  return [...called, ...timers(source), ...looseRuby(source)]
}

/** `def eval(` names one. */
function isDefinition({ bare }: Source, at: number): boolean {
  return /(?:\bdef|\bfunction|\bfn|\bfunc)\s{1,3}$/.test(bare.slice(Math.max(0, at - 12), at))
}

/** The last argument of `Function` is its body. */
function evaluatedBody(source: Source, at: number, args: [number, number][]): Hit[] {
  const isType = args.length === 0 || /[:<|]\s*$/.test(source.bare.slice(Math.max(0, at - 3), at))
  const severity = isType ? undefined : gravity(source, args.at(-1))
  return severity ? [{ rule: 'code-from-input', severity, at, reason: EVAL }] : []
}

/** A timer that is given text runs it. */
function timers(source: Source): Hit[] {
  if (!SCRIPTS.has(source.language)) return []
  return callsOf(source, /(?<![\w$.])(?:window\.)?set(?:Timeout|Interval)\s{0,3}\(/g).flatMap(
    ({ at, args, texts }): Hit[] => {
      const isText = /^["'`]/.test(texts[0] ?? '') || /^[\w.]+\s*\+\s*["'`]/.test(texts[0] ?? '')
      const severity = isText ? gravity(source, args[0]) : undefined
      return severity ? [{ rule: 'code-from-input', severity, at, reason: EVAL }] : []
    },
  )
}

function looseRuby(source: Source): Hit[] {
  if (source.language !== 'ruby') return []
  const found = { rule: 'code-from-input', severity: 'high', reason: EVAL } as const
  return matches(
    source.code,
    /(?<![\w.:"'])eval[ ]{1,3}(?:params|gets|"[^"\n]{0,200}#\{)|\b(?:public_)?send\(\s{0,3}params|params\[[^\]\n]{1,60}\]\.(?:constantize|classify\.constantize)/g,
    () => found,
  )
}

const LOADS: Readonly<Record<string, RegExp>> = {
  python:
    /(?<![\w.])(?:pickle|cPickle|_pickle|dill|joblib|shelve|marshal|jsonpickle|cloudpickle|yaml|pandas|pd|torch|np|numpy)\.(?:loads?|open|decode|Unpickler|unsafe_load(?:_all)?|full_load(?:_all)?|load_all|read_pickle)\s{0,3}\(/g,
  php: /(?<![\w>:$])unserialize\s{0,3}\(/g,
  ruby: /\b(?:Marshal\.(?:load|restore)|YAML\.(?:load|unsafe_load)|Psych\.unsafe_load|Oj\.(?:object_load|load))\s{0,3}\(/g,
  java: /\b(?:new\s{1,3}ObjectInputStream|new\s{1,3}XMLDecoder)\s{0,3}\(/g,
  csharp: /\bnew\s{1,3}(?:BinaryFormatter|NetDataContractSerializer|LosFormatter|SoapFormatter)\s{0,3}\(/g,
  javascript: /\b(?:serialize\.unserialize|unserialize)\s{0,3}\(/g,
}

/** Readers that run what the data says. */
export function loads(source: Source): Hit[] {
  const pattern = LOADS[SCRIPTS.has(source.language) ? 'javascript' : source.language]
  if (!pattern) return []
  return callsOf(source, pattern).flatMap(({ at, name, texts }): Hit[] => {
    const severity = loadGravity(source, name, texts)
    return severity ? [{ rule: 'unsafe-load', severity, at, reason: LOAD }] : []
  })
}

function loadGravity({ language }: Source, name: string, texts: string[]): Hit['severity'] | undefined {
  const all = texts.join(' ')
  if (/yaml\.(?:load|load_all|full_load)/.test(name))
    return /SafeLoader|CSafeLoader|BaseLoader/.test(all) || /full_load/.test(name) ? undefined : 'high'
  if (/^(?:np|numpy)\./.test(name)) return /allow_pickle\s*=\s*True/.test(all) ? 'high' : undefined
  if (/^torch\./.test(name))
    return /\bload\s*\(/.test(name) && !/weights_only\s*=\s*True/.test(all) ? 'medium' : undefined
  if (/^(?:json|marshal|shelve|pd|pandas|joblib)\./.test(name))
    return /^(?:pd|pandas)/.test(name) && !/read_pickle/.test(name)
      ? undefined
      : /^shelve/.test(name)
        ? undefined
        : 'medium'
  if (language === 'php')
    return /allowed_classes['"]?\s*=>\s*(?:false|\[)/.test(all)
      ? undefined
      : /\$_|input|cookie|body/i.test(all)
        ? 'high'
        : 'medium'
  if (/^YAML\.load/.test(name)) return /permitted_classes|safe/.test(all) ? undefined : 'medium'
  if (/^Oj\.load/.test(name)) return /mode:\s*:object/.test(all) ? 'high' : undefined
  return 'high'
}
