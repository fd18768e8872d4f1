import { z } from 'zod'

/** A command that a project offers by what is in it. */
export interface Offer {
  /** A line of shell. */
  command: string
  purpose: 'run' | 'test' | 'build' | 'lint' | 'types'
  /** The file that says so. */
  from: string
  /** Packages that it may need, which a sandbox without a network can't fetch. */
  needs: string[]
}

const MOST_OFFERS = 12
/** Scripts that only make sense with a network, or never end. */
const NOT_OFFERED = /^(pre|post)|^(dev|serve|watch|deploy|publish|release|prepare|version)(:|$)/
const PURPOSES: readonly [RegExp, Offer['purpose']][] = [
  [/^test(:|$)/, 'test'],
  [/^build(:|$)/, 'build'],
  [/^lint(:|$)/, 'lint'],
  [/^(type-?check|types|tsc|check:types)$/, 'types'],
]

const Package = z.object({
  scripts: z.record(z.string(), z.string()).optional().catch(undefined),
  dependencies: z.record(z.string(), z.unknown()).optional().catch(undefined),
  devDependencies: z.record(z.string(), z.unknown()).optional().catch(undefined),
})

/** What can be run in a project: `texts` holds at least its package.json, where there is one. */
export function offersOf(paths: readonly string[], texts: ReadonlyMap<string, string>): Offer[] {
  const pack = packageIn(texts.get('package.json'))
  const needs = Object.keys({ ...pack?.dependencies, ...pack?.devDependencies })
  const all = [...scriptOffers(pack?.scripts ?? {}, needs), ...toolOffers(paths, needs), ...mainOffers(paths, needs)]
  return [...new Map(all.toReversed().map((offer) => [offer.command, offer])).values()]
    .toReversed()
    .slice(0, MOST_OFFERS)
}

function packageIn(text: string | undefined): z.infer<typeof Package> | undefined {
  if (text === undefined) return undefined
  try {
    return Package.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // the check of files says so
  }
}

function scriptOffers(scripts: Record<string, string>, needs: string[]): Offer[] {
  return Object.keys(scripts)
    .filter((name) => /^[\w:.-]+$/.test(name) && !NOT_OFFERED.test(name))
    .map((name) => {
      const purpose = PURPOSES.find(([pattern]) => pattern.test(name))?.[1] ?? 'run'
      return { command: `bun run ${name}`, purpose, from: 'package.json', needs }
    })
}

/** Tests, builds and checks that a language brings with it. */
function toolOffers(paths: readonly string[], needs: string[]): Offer[] {
  const first = (pattern: RegExp) => paths.find((path) => pattern.test(path))
  const offer = (purpose: Offer['purpose'], from: string | undefined, command: string, own: string[] = []): Offer[] =>
    from === undefined ? [] : [{ command, purpose, from, needs: own }]
  const goModule = paths.includes('go.mod') ? 'go.mod' : undefined
  const cargo = paths.includes('Cargo.toml') ? 'Cargo.toml' : undefined
  return [
    ...offer('test', first(/(^|\/)[^/]+[._](test|spec)\.[cm]?[jt]sx?$/), 'bun test', needs),
    ...offer(
      'types',
      paths.find((path) => path === 'tsconfig.json'),
      'tsc --noEmit',
      needs,
    ),
    ...offer('test', first(/(^|\/)test_[^/]+\.py$/), 'python3 -m unittest discover -p "test_*.py"'),
    ...offer('test', goModule && first(/_test\.go$/), 'go test ./...'),
    ...offer('build', goModule, 'go vet ./...'),
    ...offer('build', cargo, 'cargo check --offline'),
  ]
}

/** Programs, by the names that they usually have; or the only one there is. */
function mainOffers(paths: readonly string[], needs: string[]): Offer[] {
  const runners: readonly [RegExp, (path: string) => string, string[]][] = [
    [/^(src\/)?(main|index|cli|app)\.[cm]?[jt]s$/, (path) => `bun ${path}`, needs],
    [/^(src\/)?(__main__|main|cli|app)\.py$/, (path) => `python3 ${path}`, []],
    [/^[^/]+\.sh$/, (path) => `sh ${path}`, []],
    [/^(src\/)?main\.rb$/, (path) => `ruby ${path}`, []],
    [/^(src\/)?main\.php$/, (path) => `php ${path}`, []],
    [/^(src\/)?main\.c$/, (path) => `cc ${path} -o /tmp/main && /tmp/main`, []],
    [/^main\.go$/, () => 'go run .', []],
    [/^Makefile$/, () => 'make', []],
  ]
  const found = runners.flatMap(([pattern, command, own]) =>
    paths.filter((path) => pattern.test(path)).map((path) => program(path, command(path), own)),
  )
  const programs = paths.filter(
    (path) => /^[^/]+\.(py|[cm]?[jt]s)$/.test(path) && !/[._]test\.|test_|\.d\.ts$|config/.test(path),
  )
  const only = found.length === 0 && programs.length === 1 ? programs[0]! : undefined
  return only === undefined ? found : [program(only, `${only.endsWith('.py') ? 'python3' : 'bun'} ${only}`, needs)]
}

function program(from: string, command: string, needs: string[]): Offer {
  return { command, purpose: 'run', from, needs }
}
