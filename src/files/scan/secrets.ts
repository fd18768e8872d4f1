import type { Hit, Severity } from './finding.ts'
import { entropy, isExampleToken, isPlaceholder, isUsual } from './placeholders.ts'
import type { Source } from './source.ts'
import { TOKEN_FORMS, type TokenForm } from './tokens.ts'

/** Most secrets of one form that are looked at in a file. */
const MOST = 500

/** Files that show how something is done, or test it: what stands there has to be of a vendor's exact form to count. */
const SHOWS =
  /(?:^|\/)(?:tests?|__tests__|specs?|fixtures?|examples?|samples?|docs?|mocks?|__mocks__|stories|e2e|testdata|demo)\/|[._-](?:test|spec|example|sample|template|dist|stories|mock|fixture)s?(?:\.|$)|(?:^|\/)(?:test_|examples?[-_.]|conftest|README|CHANGELOG|CONTRIBUTING)/i

/** Keys, tokens and passwords. */
export function secrets(source: Source): Hit[] {
  return [...tokens(source), ...privateKeys(source), ...inAddresses(source), ...assigned(source), ...awsSecrets(source)]
}

function tokens({ text }: Source): Hit[] {
  return TOKEN_FORMS.flatMap((form) => {
    if (!form.hints.some((hint) => text.includes(hint))) return []
    return limited(text.matchAll(form.pattern)).flatMap(({ 0: token, index }) => tokenHit(form, token, index))
  })
}

function tokenHit(
  { rule, what, isGenuine, severity = 'high' as Severity }: TokenForm,
  token: string,
  at: number,
): Hit[] {
  const body = token.replace(/^[a-z]{2,6}[-_](?:live_|proj-|ant-\w+-|v1_|api_)?/i, '')
  if (rule === 'secret-jwt' ? !isGenuine!(token) : isExampleToken(body)) return []
  const sure = isGenuine && rule !== 'secret-jwt' ? isGenuine(token) : true
  const reason = `${what[0]!.toUpperCase()}${what.slice(1)} stands in the file: whoever reads it can use it. Read it from the environment, and revoke it if it was ever a real one.`
  return [{ rule, severity: sure ? severity : 'medium', at, reason, secret: [at, at + token.length] }]
}

const KEY = /-----BEGIN ((?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?)-----/g
const LONGEST_KEY = 16_000

function privateKeys({ text, path }: Source): Hit[] {
  if (!text.includes('PRIVATE KEY')) return []
  return limited(text.matchAll(KEY)).flatMap(({ 0: head, 1: kind, index }): Hit[] => {
    const from = index + head.length
    const end = text.slice(from, from + LONGEST_KEY).indexOf('-----')
    const body = text.slice(from, from + (end < 0 ? LONGEST_KEY : end))
    const letters = body.replace(/\\[nr]|[^A-Za-z0-9+/=]/g, '')
    if (letters.length < 60 || entropy(letters) < 4.5 || isExampleToken(letters.slice(0, 200))) return []
    const severity = SHOWS.test(path) || kind!.startsWith('ENCRYPTED') ? 'medium' : 'high'
    const reason =
      'A private key stands in the file: whoever reads it can act as its owner. Read it from a file outside of the project, and make a new one.'
    return [{ rule: 'private-key-in-file', severity, at: index, reason, secret: [index, from + body.length] }]
  })
}

const ADDRESS =
  /(?<![a-z0-9+.-])([a-z][a-z0-9+]{1,20}):\/\/([^\s:@/"'`<>{}$]{0,64}):([^\s@/"'`<>]{4,200})@([^\s/"'`<>:?,;)\]]{1,200})/gi
const AT_HOME =
  /^(?:localhost|127\.|0\.0\.0\.0|\[?::1|host\.docker|(?:db|database|postgres|mysql|mongo|redis|rabbitmq|mariadb|cache|broker|queue|host|hostname|server)$)/i
const NOWHERE = /example\.(?:com|org|net)$|\.(?:example|test|invalid|local)$/i

/** Passwords in addresses of databases and servers. */
function inAddresses({ text, path }: Source): Hit[] {
  if (!text.includes('://')) return []
  return limited(text.matchAll(ADDRESS)).flatMap(({ 0: all, 2: user, 3: password, 4: host, index }): Hit[] => {
    if (
      isPlaceholder(password!) ||
      /^[$%{:]|[{}]|^[A-Z_]+$/.test(password!) ||
      password === user ||
      NOWHERE.test(host!)
    )
      return []
    const at = index + all.length - host!.length - 1 - password!.length
    const severity = AT_HOME.test(host!) || SHOWS.test(path) ? 'low' : 'high'
    const reason = 'A password stands in this address. Read the whole address from the environment.'
    return [{ rule: 'password-in-address', severity, at: index, reason, secret: [at, at + password!.length] }]
  })
}

const AWS_SECRET = /aws.{0,20}secret.{0,20}["'`\s:=]{1,6}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi

function awsSecrets({ text }: Source): Hit[] {
  if (!/aws/i.test(text)) return []
  return limited(text.matchAll(AWS_SECRET)).flatMap(({ 0: all, 1: value, index }): Hit[] => {
    if (isExampleToken(value!) || entropy(value!) < 4) return []
    const at = index + all.length - value!.length
    return [
      {
        rule: 'secret-aws-secret',
        severity: 'high',
        at,
        reason:
          'An AWS secret key stands in the file. Read it from the environment, and revoke it if it was ever a real one.',
        secret: [at, at + value!.length],
      },
    ]
  })
}

const NAMED =
  '(?<=[a-z][-_]|[a-z])pass|pass(?:word|wd|phrase)|pwd|secret|token|api[-_ ]?key|access[-_]?key|auth[-_]?key|secret[-_]?key|private[-_]?key|signing[-_]?key|encryption[-_]?key|master[-_]?key|account[-_]?key|credentials?|client[-_]?secret|jwt[-_]?key|service[-_]?key|webhook[-_]?secret'
/** A name that ends with such a word, and a text that is given to it. */
const QUOTED = new RegExp(
  `(?<![\\w-])["'\`]?((?:[A-Za-z][\\w.-]{0,40}?)??(?:${NAMED}))["'\`]?\\]?\\s{0,4}(?::\\s{0,2}(?:string|String|str)\\s{0,2}=|=>|:=|=(?!=)|:(?!:)|,)\\s{0,4}(?:[a-z]{0,2})(["'\`])([^"'\`\\n]{6,400})\\2`,
  'gi',
)
const BARE = new RegExp(
  `^[ \\t]{0,40}(?:-[ \\t]{1,3}|export[ \\t]{1,3}|ENV[ \\t]{1,3}|ARG[ \\t]{1,3}|set[ \\t]{1,3})?["']?((?:[A-Za-z][\\w.-]{0,40}?)??(?:${NAMED}))["']?[ \\t]{0,4}[:=][ \\t]{0,4}([^\\s"'#,;]{6,400})[ \\t]{0,20}$`,
  'gim',
)
/** Languages in which a value needs no quotes. */
const PLAIN = new Set(['ini', 'yaml', 'dockerfile', 'toml', 'bash', 'text', 'makefile'])
/** Calls whose argument is the secret itself. */
const SIGNED =
  /\b(?:jwt\.(?:sign|verify|encode|decode)|jsonwebtoken\.(?:sign|verify)|createHmac)\(\s{0,3}[^\n"'`()]{1,80}(?:\([^()\n]{0,60}\))?[^\n"'`()]{0,40},\s{0,3}(["'`])([^"'`\n]{4,200})\1/g

function assigned(source: Source): Hit[] {
  const { code, language, path } = source
  if (language === 'markdown' || SHOWS.test(path)) return []
  const hits = limited(code.matchAll(QUOTED)).flatMap(({ 0: all, 1: name, 3: value, index }) =>
    assignedHit(name!, value!, index, index + all.length - value!.length - 1, true),
  )
  const bare = PLAIN.has(language)
    ? limited(code.matchAll(BARE)).flatMap(({ 0: all, 1: name, 2: value, index }) =>
        assignedHit(
          name!,
          value!,
          index + (all.length - all.trimStart().length),
          index + all.indexOf(value!, name!.length),
          false,
        ),
      )
    : []
  const signed = limited(code.matchAll(SIGNED)).flatMap(({ 0: all, 2: value, index }) =>
    fixedSecret('secret', value!, index, index + all.length - value!.length - 1),
  )
  return [...hits, ...bare, ...signed]
}

/** Names that speak about a secret and hold none. */
const ABOUT =
  /(?:placeholder|label|field|input|name|url|uri|path|file|header|type|hint|error|message|min|max|length|regex|pattern|rule|title|help|text|reset|forgot|show|hide|toggle|next|cancel|csrf|public|test|fake|mock|dummy|example|sample|tokenizer|design|color|css|syntax|page|sort|cache|idempotency|continuation|old|new|confirm|wrong|invalid|bad|weak|hash(?:ed)?)[-_.]?(?:pass(?:word|wd|phrase)?|pwd|secret|token|\w{0,8}[-_]?key|credentials?)$/i

function assignedHit(name: string, value: string, at: number, start: number, isQuoted: boolean): Hit[] {
  if (ABOUT.test(name) || !isValue(value)) return []
  return fixedSecret(name, value, at, start, isQuoted)
}

/** Words, addresses, paths, templates and names of other values are none. */
function isValue(value: string): boolean {
  if (!/^[!-~]+$/.test(value)) return false
  if (
    /\s/.test(value.trim()) ||
    /^(?:https?:|\/|\.\/|\.\.|~|@|#|--|data:|urn:|file:|arn:|vault:|op:|ssm:|env:|\$|\{|<|%|!|&)/i.test(value)
  )
    return false
  if (/^\$(?:2[aby]|argon2|scrypt|pbkdf2|[156])[$-]|^\{\w+\}|^sha\d+[-:]|^pbkdf2/.test(value)) return false
  if (/[(){}<>|]|\\[nt]/.test(value) || /^[\w.-]+\.(?:[a-z]{2,5})$/i.test(value)) return false
  return !/^[-a-z_.:]+$/i.test(value) || (/^[a-z]{24,}$/i.test(value) && entropy(value) > 4.2)
}

function fixedSecret(name: string, value: string, at: number, start: number, isQuoted = true): Hit[] {
  if (isPlaceholder(value) && !isSigningKey(name, value)) return []
  const bits = entropy(value)
  const mixed = /\d/.test(value) && /[a-z]/i.test(value)
  const isKey = value.length >= 20 && bits >= 3.5 && mixed
  const severity: Severity = isKey && !UUID.test(value) ? 'high' : isQuoted && !isUsual(value) ? 'medium' : 'low'
  const reason = isKey
    ? 'A secret stands in the file. Read it from the environment, and make a new one if it was ever a real one.'
    : 'A password or key is fixed in the file. Read it from the environment.'
  return [{ rule: 'secret-in-code', severity, at, reason, secret: [start, start + value.length] }]
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Whatever it is, a key that signs and stands in code is one that everybody knows. */
function isSigningKey(name: string, value: string): boolean {
  return (
    name === 'secret' &&
    !/process|env|\$\{|<|your|change|example|test/i.test(value) &&
    /^(?:secret|shh|keyboard cat|my)/.test(value)
  )
}

function limited(matches: Iterable<RegExpExecArray>): RegExpExecArray[] {
  const found: RegExpExecArray[] = []
  for (const match of matches) {
    found.push(match)
    if (found.length === MOST) break
  }
  return found
}
