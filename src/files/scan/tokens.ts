import type { Severity } from './finding.ts'

/** The form of one vendor's token. */
export interface TokenForm {
  /** `secret-<vendor>`. */
  rule: string
  /** What a person calls it. */
  what: string
  /** Without one of these a text is not looked at. */
  hints: string[]
  pattern: RegExp
  /** True for text of the form that is a token indeed, by its own checksum. */
  isGenuine?: (token: string) => boolean
  severity?: Severity
}

const form = (
  vendor: string,
  what: string,
  hints: string[],
  pattern: RegExp,
  more: Partial<TokenForm> = {},
): TokenForm => ({
  rule: `secret-${vendor}`,
  what,
  hints,
  pattern,
  ...more,
})

/** Tokens by the forms that vendors document: prefix, alphabet, length, and checksum where there is one. */
export const TOKEN_FORMS: TokenForm[] = [
  form(
    'aws-key',
    'an AWS access key',
    ['AKIA', 'ASIA'],
    /(?<![A-Za-z0-9+/])A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Za-z0-9+/])/g,
  ),
  form(
    'github-token',
    'a GitHub token',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    /(?<!\w)gh[pousr]_[A-Za-z0-9]{36}(?!\w)/g,
    { isGenuine: endsWithChecksum },
  ),
  form('github-token', 'a GitHub token', ['github_pat_'], /(?<!\w)github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?!\w)/g),
  form('npm-token', 'an npm token', ['npm_'], /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g, { isGenuine: endsWithChecksum }),
  form(
    'gitlab-token',
    'a GitLab token',
    ['glpat-', 'gldt-', 'glrt-', 'glptt-'],
    /(?<![\w-])gl(?:pat|dt|rt|ptt)-[\w-]{20,50}(?![\w-])/g,
  ),
  form(
    'slack-token',
    'a Slack token',
    ['xox', 'xapp-'],
    /(?<![\w-])(?:xox[abprs]-\d{9,14}-\d{9,14}-[A-Za-z0-9-]{20,80}|xapp-\d-[A-Z0-9]{9,14}-\d{9,14}-[a-f0-9]{64})(?![\w-])/g,
  ),
  form(
    'slack-webhook',
    'a Slack webhook',
    ['hooks.slack.com/'],
    /hooks\.slack\.com\/services\/T[A-Z0-9]{8,11}\/B[A-Z0-9]{8,11}\/[A-Za-z0-9]{24}(?!\w)/g,
  ),
  form(
    'discord-webhook',
    'a Discord webhook',
    ['/api/webhooks/'],
    /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,80}(?![\w-])/g,
  ),
  form(
    'discord-token',
    'a Discord bot’s token',
    ['.'],
    /(?<![\w.-])[MNO][A-Za-z\d]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])/g,
  ),
  form('stripe-key', 'a Stripe live key', ['k_live_'], /(?<!\w)[sr]k_live_[A-Za-z0-9]{24,107}(?!\w)/g),
  form(
    'openai-key',
    'an OpenAI key',
    ['T3BlbkFJ'],
    /(?<![\w-])sk-(?:(?:proj|svcacct|admin)-)?[\w-]{20,90}T3BlbkFJ[\w-]{20,90}(?![\w-])/g,
  ),
  form(
    'anthropic-key',
    'an Anthropic key',
    ['sk-ant-'],
    /(?<![\w-])sk-ant-(?:api|admin|oat|sid)\d\d-[\w-]{80,120}(?![\w-])/g,
  ),
  form('google-key', 'a Google API key', ['AIza'], /(?<![\w-])AIza[\w-]{35}(?![\w-])/g),
  form(
    'google-oauth',
    'a Google OAuth secret',
    ['GOCSPX-', 'ya29.'],
    /(?<![\w-])(?:GOCSPX-[\w-]{28}|ya29\.[\w-]{40,400})(?![\w-])/g,
  ),
  form('xai-key', 'an xAI key', ['xai-'], /(?<![\w-])xai-[A-Za-z0-9]{80}(?![\w-])/g),
  form('huggingface-token', 'a Hugging Face token', ['hf_'], /(?<!\w)hf_[A-Za-z]{34}(?!\w)/g),
  form('groq-key', 'a Groq key', ['gsk_'], /(?<!\w)gsk_[A-Za-z0-9]{52}(?!\w)/g),
  form('replicate-token', 'a Replicate token', ['r8_'], /(?<!\w)r8_[A-Za-z0-9]{37}(?!\w)/g),
  form('perplexity-key', 'a Perplexity key', ['pplx-'], /(?<!\w)pplx-[A-Za-z0-9]{48}(?!\w)/g),
  form('openrouter-key', 'an OpenRouter key', ['sk-or-v1-'], /(?<![\w-])sk-or-v1-[0-9a-f]{64}(?!\w)/g),
  form('sendgrid-key', 'a SendGrid key', ['SG.'], /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/g),
  form('mailgun-key', 'a Mailgun key', ['key-'], /(?<![\w-])key-[0-9a-f]{32}(?![\w-])/g),
  form('mailchimp-key', 'a Mailchimp key', ['-us'], /(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?!\w)/g),
  form('twilio-key', 'a Twilio key', ['SK'], /(?<!\w)SK[0-9a-f]{32}(?!\w)/g),
  form('telegram-token', 'a Telegram bot’s token', [':AA'], /(?<![\w:])\d{8,10}:AA[\w-]{33}(?![\w-])/g),
  form(
    'shopify-token',
    'a Shopify token',
    ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    /(?<!\w)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?!\w)/g,
  ),
  form('digitalocean-token', 'a DigitalOcean token', ['_v1_'], /(?<!\w)do[oprt]_v1_[0-9a-f]{64}(?!\w)/g),
  form('linear-key', 'a Linear key', ['lin_api_'], /(?<!\w)lin_api_[A-Za-z0-9]{40}(?!\w)/g),
  form('notion-token', 'a Notion token', ['ntn_'], /(?<!\w)ntn_[A-Za-z0-9]{40,50}(?!\w)/g),
  form('databricks-token', 'a Databricks token', ['dapi'], /(?<!\w)dapi[0-9a-f]{32}(?:-\d)?(?!\w)/g),
  form('pypi-token', 'a PyPI token', ['pypi-AgE'], /(?<![\w-])pypi-AgE[\w-]{80,250}(?![\w-])/g),
  form('vault-token', 'a Vault token', ['hvs.'], /(?<![\w.-])hvs\.[\w-]{90,120}(?![\w-])/g),
  form(
    'supabase-token',
    'a Supabase token',
    ['sbp_', 'sb_secret_'],
    /(?<!\w)(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{31,50})(?!\w)/g,
  ),
  form('square-token', 'a Square token', ['sq0'], /(?<!\w)sq0(?:csp|atp)-[\w-]{22,43}(?![\w-])/g),
  form('azure-storage-key', 'an Azure storage key', ['AccountKey='], /(?<=AccountKey=)[A-Za-z0-9+/]{86}==/g),
  form('age-key', 'an age key', ['AGE-SECRET-KEY-'], /(?<![\w-])AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}(?!\w)/g),
  form(
    'jwt',
    'a signed token (JWT)',
    ['eyJ'],
    /(?<![\w.-])eyJ[\w-]{10,500}\.eyJ[\w-]{10,2000}\.[\w-]{20,500}(?![\w.-])/g,
    { severity: 'medium', isGenuine: isSigned },
  ),
]

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** GitHub and npm end their tokens with the CRC-32 of what stands between prefix and end, in six digits to the base 62. */
export function endsWithChecksum(token: string): boolean {
  const body = token.slice(4)
  return body.slice(-6) === checksumOf(body.slice(0, -6))
}

export function checksumOf(body: string): string {
  let rest = Bun.hash.crc32(body)
  let digits = ''
  for (let i = 0; i < 6; i++) {
    digits = BASE62[rest % 62]! + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** A public one, as hosted databases give out for their pages, is no secret. */
function isSigned(token: string): boolean {
  const [head, claims] = token
    .split('.')
    .slice(0, 2)
    .map((part) => Buffer.from(part, 'base64url').toString('utf8'))
  return /"alg"\s*:\s*"(?!none)/i.test(head!) && !/"role"\s*:\s*"anon"|"name"\s*:\s*"John Doe"|example/i.test(claims!)
}
