import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksumOf } from '../../../src/files/scan/tokens.ts'

/** One labelled file of the corpus. */
export interface Case {
  isBad: boolean
  /** What it is about: `secrets`, `shell`, ... */
  subject: string
  path: string
  /** What is bad in it, or what looks bad and is not. */
  label: string
  text: string
}

const FOLDER = join(import.meta.dir, 'corpus')

/** All labelled files. What stands between « and » is put in here: no text of the repository looks like a secret. */
export function corpus(): Case[] {
  return [...new Bun.Glob('*.txt').scanSync(FOLDER)].sort().flatMap((name) =>
    readFileSync(join(FOLDER, name), 'utf8')
      .split(/^=== /m)
      .slice(1)
      .map((part) => {
        const [head, ...lines] = part.split('\n')
        const [subject, path, label] = head!.split(' | ') as [string, string, string]
        return { isBad: name.startsWith('bad'), subject, path, label, text: filled(lines.join('\n')) }
      }),
  )
}

/** The classes of the corpus, by the rules that find what is in them. */
export const SUBJECT_OF: Readonly<Record<string, string>> = {
  'shell-from-input': 'shell',
  'piped-install': 'shell',
  'code-from-input': 'code',
  'unsafe-load': 'code',
  'sql-from-input': 'sql',
  'html-from-input': 'html',
  'path-from-input': 'path',
  'weak-hash': 'crypto',
  'weak-cipher': 'crypto',
  'weak-random': 'crypto',
  'tls-off': 'crypto',
  'hidden-code': 'hidden',
  'hidden-characters': 'hidden',
}

export function subjectOf(rule: string): string {
  return SUBJECT_OF[rule] ?? 'secrets'
}

function filled(text: string): string {
  return text.replace(/«([\w-]+)»/g, (_, name: string) => MADE[name]!())
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = UPPER.toLowerCase()
const DIGITS = '0123456789'
const HEX = `${DIGITS}abcdef`
const ANY = UPPER + LOWER + DIGITS

/** Always the same letters, which no vendor has given out. */
let state = 41
function letters(many: number, of = ANY): string {
  let made = ''
  while (made.length < many) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    made += of[Math.floor(state / 65_536) % of.length]
  }
  return made
}

const withChecksum = (prefix: string) => {
  const body = letters(30)
  return prefix + body + checksumOf(body)
}
const keyBody = (line: string) => Array.from({ length: 12 }, () => letters(64, `${ANY}+/`)).join(line)
const block = (kind: string, line: string) =>
  [`-----BEGIN ${kind}-----`, keyBody(line), `-----END ${kind}-----`].join(line)
const KIND = ['PRIVATE', 'KEY'].join(' ')

/** Values of the forms that vendors give out. */
export const MADE: Readonly<Record<string, () => string>> = {
  'aws-key': () => `AK${'IA'}${letters(16, `${UPPER}234567`)}`,
  'aws-secret': () => letters(40, `${ANY}+/`),
  github: () => withChecksum(`gh${'p_'}`),
  'github-pat': () => `github_${'pat_'}${letters(22)}_${letters(59)}`,
  npm: () => withChecksum(`np${'m_'}`),
  gitlab: () => `gl${'pat-'}${letters(20)}`,
  slack: () => `xo${'xb-'}${letters(12, '123456789')}-${letters(13, '123456789')}-${letters(24)}`,
  'slack-hook': () => `hooks.slack.com/${'services'}/T${letters(9, UPPER)}/B${letters(9, UPPER)}/${letters(24)}`,
  'discord-hook': () => `discord.com/api/${'webhooks'}/${letters(18, '123456789')}/${letters(68)}`,
  stripe: () => `sk_${'live_'}${letters(99)}`,
  openai: () => `sk-${'proj-'}${letters(74)}T3Blbk${'FJ'}${letters(74)}`,
  anthropic: () => `sk-${'ant-'}api03-${letters(93)}AA`,
  google: () => `AI${'za'}${letters(35)}`,
  huggingface: () => `h${'f_'}${letters(34, UPPER + LOWER)}`,
  sendgrid: () => `S${'G.'}${letters(22)}.${letters(43)}`,
  telegram: () => `${letters(10, '123456789')}:${'AA'}${letters(33)}`,
  shopify: () => `shp${'at_'}${letters(32, HEX)}`,
  digitalocean: () => `dop_${'v1_'}${letters(64, HEX)}`,
  azure: () => `${letters(86, `${ANY}+/`)}==`,
  'private-key': () => block(KIND, '\n'),
  'private-key-line': () => `${block(KIND, '\\n')}\\n`,
  password: () => `${letters(7)}9z${letters(7)}`,
  random: () => `${letters(15)}7q${letters(15)}`,
  rlo: () => '\u202E',
  lri: () => '\u2066',
  pdi: () => '\u2069',
  zwj: () => '\u200D',
  spaces: () => ' '.repeat(200),
}
