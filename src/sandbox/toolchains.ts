import type { Fault } from '../files/validate/fault.ts'

/** How a language's own compiler or interpreter is asked about the form of files, and how its answer is read. */
export interface Toolchain {
  /** Programs of which one must be there. The first that is, stands in `$PROGRAM`. */
  programs: string[]
  /** Shell: checks the files in `"$@"`, and says on stdout or stderr what is wrong. */
  script: string
  /** One complaint about a file of the batch: groups `file`, `line`, `column` (if told), `message`. */
  complaint: RegExp
  /** A complaint that is surely about the form of the text. Left out: all are. */
  ofForm?: RegExp
  /** One complaint like this, and nothing that is said of that file counts. */
  blind?: RegExp
  /** Lines that only a newer release than the one that is installed might understand. */
  newer?: RegExp
  /** What is laid in: where more than the file itself is needed, and by how many lines it moves. */
  wrap?: { text(text: string): string; lines: number }
}

const PYTHON = `
import sys, warnings
warnings.simplefilter("ignore")
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            compile(file.read(), name, "exec", dont_inherit=True)
    except SyntaxError as error:
        print(f"{name}:{error.lineno or 0}:{error.offset or 0}: {error.msg}")
    except Exception as error:
        print(f"{name}:0:0: {error}")
`

const PLACED = /^(?<file>f\d+\/[^:\n]+):(?<line>\d+):(?<column>\d+): (?<message>.+)$/gm

/** The languages of `languageOf` that are checked so. */
export const TOOLCHAINS: Readonly<Record<string, Toolchain>> = {
  // what `py_compile` does, without a file to write, and many files at once
  python: {
    programs: ['python3'],
    script: `"$PROGRAM" -I -S -c '${PYTHON}' "$@"`,
    complaint: PLACED,
    newer:
      /\bf(?:'|")|\btype\s+\w+.*=|\b(?:def|class)\s+\w+\[|\bexcept\s*\*|\bt(?:'|")|\bexcept\s+\w+\s*,|^\s*(?:print|exec)\s+\S|\bmatch\b|\bcase\b/,
  },
  bash: {
    programs: ['bash'],
    // the shell takes a return for a part of a word; a checkout on another system takes it away
    wrap: { text: (text) => text.replaceAll('\r\n', '\n'), lines: 0 },
    script:
      'for file; do said=$("$PROGRAM" -O extglob -n "$file" 2>&1) || said=$("$PROGRAM" -n "$file" 2>&1) || printf "%s\\n" "$said"; done',
    complaint: /^(?<file>f\d+\/[^:\n]+): line (?<line>\d+): (?<message>(?!`).+)$/gm,
  },
  go: { programs: ['gofmt', '/usr/local/go/bin/gofmt'], script: '"$PROGRAM" -l -e "$@"', complaint: PLACED },
  ruby: {
    programs: ['ruby'],
    script: 'for file; do "$PROGRAM" -W0 -c "$file"; done',
    complaint: /^(?:ruby: )?(?<file>f\d+\/[^:\n]+):(?<line>\d+): (?:syntax errors? found.*|(?<message>.+))$/gm,
    ofForm: /^(?:syntax error|.*(?:unterminated|unexpected|expected|embedded document meets|can't find string))/,
    newer: /\(\*+\)|\(&\)|\bit\b/,
  },
  php: {
    programs: ['php'],
    script: 'for file; do "$PROGRAM" -n -d display_errors=1 -d log_errors=0 -l "$file"; done',
    complaint: /^(?:PHP )?Parse error: +(?<message>.+) in (?<file>f\d+\/\S+) on line (?<line>\d+)$/gm,
    newer:
      /\bconst\s+\w+\s+\w+\s*=|\{\s*(?:get|set)\b|\bprivate\(set\)|\bprotected\(set\)|\|>|\bnew\s+\w+\(.*\)->|::\{/,
  },
  // read, and left out of the program: what it imports and which macros it calls is not looked at
  rust: {
    programs: ['rustc'],
    wrap: { text: (text) => `#[cfg(any())] mod hearth_file {\n${text.replace(/^#!(?!\s*\[).*/, '')}\n}\n`, lines: 1 },
    script: `check() { "$PROGRAM" --edition "$1" --crate-type lib --emit=metadata -o /tmp/none --error-format=short "$2" 2>&1; }
for file; do said=$(check 2021 "$file") || check 2024 "$file" >/dev/null || check 2018 "$file" >/dev/null || check 2015 "$file" >/dev/null || printf '%s\\n' "$said"; done`,
    complaint: /^(?<file>f\d+\/[^:\n]+):(?<line>\d+):(?<column>\d+): error(?:\[\w+\])?: (?<message>.+)$/gm,
  },
  java: {
    programs: ['javac'],
    script:
      '"$PROGRAM" -proc:none -nowarn -Xmaxerrs 1000 -XDshould-stop.ifNoError=PARSE -XDshould-stop.ifError=PARSE -encoding UTF-8 -d /tmp "$@"',
    complaint: /^(?<file>f\d+\/[^:\n]+):(?<line>\d+): error: (?<message>.+)(?:\n.*\n(?<caret> *)\^)?$/gm,
    blind: /preview feature|not supported in -source|unnamed classes/,
    newer: /\bcase\s+[\w.]+\s*\(|\b_\b|\bimport\s+module\b|^\s*(?:static\s+)?void\s+main\s*\(/,
  },
  c: compilerOfC('c'),
  cpp: compilerOfC('c++'),
  lua: {
    programs: ['luac', 'luac5.4', 'luac5.3', 'luac5.1'],
    script: 'for file; do "$PROGRAM" -p "$file"; done',
    complaint: /^\S*luac[\d.]*: (?<file>f\d+\/[^:\n]+):(?<line>\d+): (?<message>.+)$/gm,
    // other releases and Luau have other numbers, and names that are words of this one
    ofForm: /<eof>|unfinished|expected|unexpected symbol/,
    newer: /\b\d+U?LL\b|\bgoto\b|::|\+=|-=|\bcontinue\b|:\s*\w+\s*[=,)]/,
  },
}

/** What can't be found (a header, and so the types and macros that stand in it) makes all that follows look wrong. */
function compilerOfC(language: string): Toolchain {
  return {
    programs: language === 'c' ? ['cc', 'gcc', 'clang'] : ['c++', 'g++', 'clang++'],
    script: `for file; do "$PROGRAM" -fsyntax-only -w -x ${language} "$file"; done`,
    complaint: /^(?<file>f\d+\/[^:\n]+):(?<line>\d+):(?<column>\d+): (?:fatal )?error: (?<message>.+)$/gm,
    ofForm: /at end of input|^unterminated|^missing terminating|^expected/,
    blind:
      /No such file|file not found|unknown type name|does not name a type|undeclared|not declared|#error|not been declared|implicit|no type named|is not a type|template/,
  }
}

/** The complaints of a toolchain by the file of the batch that they are about, `f0/name` and so on. */
export function complaintsIn(toolchain: Toolchain, output: string): Map<string, Fault[]> {
  const found = new Map<string, Fault[]>()
  for (const { groups } of output.matchAll(toolchain.complaint)) {
    const { file, line, column, caret, message } = groups as Record<string, string | undefined>
    if (!file || !message) continue
    const at = Number(line) - (toolchain.wrap?.lines ?? 0)
    const place = column === undefined ? caret?.length : Number(column) - 1
    const fault: Fault = { message: message.trim(), ...(at > 0 ? { line: at } : {}) }
    if (at > 0 && place !== undefined && place >= 0) fault.column = place + 1
    found.set(file, [...(found.get(file) ?? []), fault])
  }
  return found
}
