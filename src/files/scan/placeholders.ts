/** Words that stand for a secret that somebody is to put there. */
const STANDS_FOR =
  /example|sample|your|my[-_]|placeholder|change[-_ ]?(?:me|this|it|in)|replace|insert|fill[-_ ]?in|todo|fixme|dummy|fake|redacted|removed|secret[-_]?(?:here|goes)|[-_]here$|xxx|\.\.\.|…|\*{3}|<[^>]{1,60}>|\[[^\]]{1,40}\]|\{\{|\$\{|\$\(|%\(|%[sdv]|#\{|lorem|foo|bar(?:baz)?|none|null|undefined|empty|not[-_ ]?set|unset|invalid|correct[-_ ]?horse|0{6}|1{6}/i
const RUNS = [
  'abcdefgh',
  'ABCDEFGH',
  '12345678',
  '87654321',
  '01234567',
  'qwerty',
  '0123456789',
  'deadbeef',
  'cafebabe',
]
/** Passwords of software that runs on the own machine, as its documentation gives them. */
const USUAL =
  /^(?:pass(?:word|wd|phrase)?\d{0,3}|secret\d{0,3}|hunter2|admin\d{0,3}|root|toor|guest|test(?:ing|er|user|pass(?:word)?)?\d{0,4}|postgres|postgresql|mysql|mariadb|mongo(?:db)?|redis|rabbitmq|minio(?:admin)?|user|username|default|public|private|development|develop|dev|local(?:host)?|demo|docker|app|db|database|token|key|apikey|string|value|hello|abc123|letmein|1234\d{0,6}|p[a4]ssw[o0]rd\d{0,3}!?|keyboard cat|shh+|mock|stub|any|off|on|yes|no|true|false)$/i

/** Numbers and letters of one value, counted: below this a text says something, and is no key. In bits a character. */
const LEAST_ENTROPY = 3

/** True for what stands in for a secret. */
export function isPlaceholder(value: string): boolean {
  return (
    STANDS_FOR.test(value) ||
    RUNS.some((run) => value.includes(run)) ||
    USUAL.test(value) ||
    new Set(value).size < Math.min(6, value.length)
  )
}

/** The same for a value that has the form of a vendor's token: its letters come by chance, so that short words say nothing. */
export function isExampleToken(body: string): boolean {
  if (/EXAMPLE|example|your|xxxx|XXXX|placeholder|redacted|\.\.\.|4eC39HqLyjWDarj/.test(body)) return true
  return (
    RUNS.some((run) => body.includes(run)) || entropy(body) < (body.length >= 24 ? LEAST_ENTROPY : LEAST_ENTROPY - 0.4)
  )
}

/** A password that is in everybody's examples. */
export function isUsual(value: string): boolean {
  return USUAL.test(value)
}

/** Shannon's, in bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const many of counts.values()) bits -= (many / text.length) * Math.log2(many / text.length)
  return bits
}
