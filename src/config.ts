import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { Invalid } from './errors.ts'
import type { LogLevel } from './log.ts'

/** Where Ollama, llama.cpp, LM Studio and vLLM listen when nobody tells them otherwise. */
const USUAL_LOCAL_SERVERS = [11434, 8080, 1234, 8000].map((port) => `http://127.0.0.1:${port}`)

/** Where models are published whose profiles are on board; `.` in front takes all below. */
const USUAL_MODEL_HOSTS = ['huggingface.co', '.huggingface.co', '.hf.co', 'github.com', '.githubusercontent.com']
const HOST = /^(\[[0-9a-f:.]+\]|\.?[a-z0-9-]+(\.[a-z0-9-]+)*)(:\d+)?$/

/** Every setting: its environment name, its default and its check, once. */
const SETTINGS = z.object({
  HEARTH_DATA: z.string().min(1).default('./data'),
  HEARTH_HOST: z.string().min(1).default('127.0.0.1'),
  HEARTH_PORT: port(4321),
  HEARTH_PREVIEW_PORT: port(4322),
  HEARTH_URL: webAddress().optional(),
  HEARTH_PREVIEW_URL: webAddress().optional(),
  HEARTH_DATABASE_URL: z.string().optional(),
  HEARTH_DATABASE_TOKEN: z.string().optional(),
  HEARTH_FLUSH_MS: whole(50, 60_000).default(2_000),
  HEARTH_KEEP_DAYS: whole(0, 36_500).default(90),
  HEARTH_TRASH_DAYS: whole(0, 36_500).default(30),
  HEARTH_LOG: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'takes debug, info, warn, error or silent')
    .default('info'),
  HEARTH_WRITERS: whole(1, 64).default(3),
  HEARTH_DEMO_BYTES_PER_SECOND: whole(100, 100_000_000).default(4_096),
  HEARTH_SKETCH_STEP_MS: whole(0, 60_000).default(120),
  HEARTH_MODEL: z.string().min(1).optional(),
  HEARTH_DAILY_BUDGET_USD: budget().default(20),
  HEARTH_ANSWERS_HOURS: whole(0, 8_760).default(24),
  HEARTH_SANDBOX_IMAGE: z
    .string()
    .regex(/^[a-z0-9][\w./:@-]*$/i, 'takes the name of an image')
    .optional(),
  HEARTH_SANDBOX_READ: folders().default([]),
  HEARTH_GPU_REUSE: whole(0, 1_000).default(0),
  HEARTH_GPU_MEMORY_GB: gigabytes().optional(),
  HEARTH_GPU_RESERVE_MB: whole(0, 1_000_000).default(512),
  HEARTH_MODELS: folders().default([]),
  HEARTH_MODEL_HOSTS: hostNames().default(USUAL_MODEL_HOSTS),
  HEARTH_HF_TOKEN: apiKey(),
  HEARTH_COMFYUI_URL: serverAddress().optional(),
  HEARTH_SD_CLI: z.string().min(1).optional(),
  HEARTH_PYTHON: z.string().min(1).optional(),
  HEARTH_LAUNCH_PREFIX: z
    .string()
    .transform((text) => text.trim().split(/\s+/))
    .optional(),
  HEARTH_LAUNCH_FOLDER: folders().optional(),
  HEARTH_UPLOAD_MB: whole(1, 1_000_000).default(2_048),
  HEARTH_LOCAL_SERVERS: serverAddresses().default(USUAL_LOCAL_SERVERS),
  ANTHROPIC_API_KEY: apiKey(),
  ANTHROPIC_BASE_URL: serverAddress().optional(),
  ANTHROPIC_SCHEME: z.enum(['bearer', 'x-api-key'], 'takes bearer or x-api-key').optional(),
  OPENAI_API_KEY: apiKey(),
  OPENAI_BASE_URL: serverAddress().optional(),
  GEMINI_API_KEY: apiKey(),
  GEMINI_BASE_URL: serverAddress().optional(),
  XAI_API_KEY: apiKey(),
  XAI_BASE_URL: serverAddress().optional(),
  COMPATIBLE_API_KEY: apiKey(),
  COMPATIBLE_BASE_URL: serverAddress().optional(),
  OLLAMA_HOST: ollamaAddress().optional(),
})

const SECRETS = [
  'HEARTH_DATABASE_TOKEN',
  'HEARTH_HF_TOKEN',
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'GEMINI_API_KEY',
  'XAI_API_KEY',
  'COMPATIBLE_API_KEY',
] as const

/** What `hearth.toml` may say: all but where it lies itself. */
const IN_FILE = new Set([...Object.keys(SETTINGS.shape), ...SECRETS.map((name) => `${name}_FILE`)])
IN_FILE.delete('HEARTH_DATA')

export interface Config {
  /** The data directory, absolute. */
  data: string
  host: string
  /** 0 asks the system for a free port. */
  port: number
  /** The second listener, an origin of its own for generated pages. 0 asks for a free port. */
  previewPort: number
  /** The outside URL, without a trailing slash, when a proxy stands in front. */
  url: string | undefined
  previewUrl: string | undefined
  databaseUrl: string
  databaseToken: string | undefined
  /** Longest time, in ms, that a running job's draft may be ahead of the database. */
  flushMs: number
  /** Days after which a finished project keeps only what it has become; 0: never. */
  keepDays: number
  /** Days after which what was deleted is removed for good; 0: never. */
  trashDays: number
  log: LogLevel
  /** How many files are written at once. */
  writers: number
  /** The speed of the demo model, bytes of text a second. */
  demoBytesPerSecond: number
  /** What one step of the built-in sketch engine takes at least, ms. */
  sketchStepMs: number
  /** The model that is used when none is named: `provider` or `provider/model`. */
  model: string | undefined
  /** What all models together may cost in a day where nobody has set it on the page, millionths of a US dollar; null: as much as they like. */
  dailyMicros: number | null
  /** How long the answer to an equal request is given again, ms; 0: never. */
  keepMs: number
  vendors: VendorsConfig
  /** An image for containers in which generated code runs where bubblewrap can't be had. */
  sandboxImage: string | undefined
  /** Folders besides the system's that generated code may read while it runs: toolchains. */
  sandboxRead: string[]
  gpu: GpuConfig
  /** Most bytes of one uploaded file. */
  uploadBytes: number
  /** Addresses at which a server of models may be found by itself, to be offered. */
  localServers: string[]
}

export interface GpuConfig {
  /** Jobs of the same model that a child may do after its first. */
  reuse: number
  /** Memory of a device that reports none, bytes. */
  memoryBytes: number | undefined
  /** Memory of each device that is left alone, bytes. */
  reserveBytes: number
  /** Folders of models besides that in the data directory: of Hearth, ComfyUI or A1111. */
  models: string[]
  /** Hosts from which models may be downloaded; `.example.org` means all below it. */
  hosts: string[]
  /** What shows Hugging Face whose account asks for a gated model. */
  hubToken: string | undefined
  comfyuiUrl: string | undefined
  /** stable-diffusion.cpp's program, where it is not on the PATH. */
  sdCli: string | undefined
  /** The interpreter of which venvs are made. */
  python: string | undefined
  /** What comes before the shell that starts workers, such as `sudo -u render`; undefined: they are children of the server. */
  launchPrefix: string[] | undefined
  /** Where attempts lie, if not in the data directory. */
  launchFolder: string | undefined
}

/** What the environment says of a vendor of models; undefined: nothing. */
export interface VendorConfig {
  apiKey?: string | undefined
  baseUrl?: string | undefined
}

export interface VendorsConfig {
  anthropic: VendorConfig & { scheme?: 'bearer' | 'x-api-key' | undefined }
  openai: VendorConfig
  google: VendorConfig
  xai: VendorConfig
  /** Any server that speaks OpenAI's protocol. */
  compatible: VendorConfig
  ollama: VendorConfig
}

type Environment = Record<string, string | undefined>

/**
 * Reads the settings from the environment and from `hearth.toml` in the data directory (the environment wins); a
 * secret also from the file that `<NAME>_FILE` names. @throws Invalid `bad_setting` that names the setting and says what it takes.
 */
export function readConfig(env: Environment): Config {
  const data = resolve(env.HEARTH_DATA || './data')
  const given = { ...withSecrets(readToml(join(data, 'hearth.toml'))), ...withSecrets(env) }
  const parsed = SETTINGS.safeParse(given)
  if (!parsed.success) throw badSetting(parsed.error)
  const s = parsed.data
  return {
    data,
    host: s.HEARTH_HOST,
    port: s.HEARTH_PORT,
    previewPort: s.HEARTH_PREVIEW_PORT,
    url: s.HEARTH_URL?.replace(/\/+$/, ''),
    previewUrl: s.HEARTH_PREVIEW_URL?.replace(/\/+$/, ''),
    databaseUrl: s.HEARTH_DATABASE_URL ?? `file:${join(data, 'hearth.db')}`,
    databaseToken: s.HEARTH_DATABASE_TOKEN,
    flushMs: s.HEARTH_FLUSH_MS,
    keepDays: s.HEARTH_KEEP_DAYS,
    trashDays: s.HEARTH_TRASH_DAYS,
    log: s.HEARTH_LOG,
    writers: s.HEARTH_WRITERS,
    demoBytesPerSecond: s.HEARTH_DEMO_BYTES_PER_SECOND,
    sketchStepMs: s.HEARTH_SKETCH_STEP_MS,
    model: s.HEARTH_MODEL,
    dailyMicros: s.HEARTH_DAILY_BUDGET_USD === null ? null : Math.round(s.HEARTH_DAILY_BUDGET_USD * 1e6),
    keepMs: s.HEARTH_ANSWERS_HOURS * 3_600_000,
    vendors: vendorsIn(s),
    sandboxImage: s.HEARTH_SANDBOX_IMAGE,
    sandboxRead: s.HEARTH_SANDBOX_READ,
    localServers: s.HEARTH_LOCAL_SERVERS,
    gpu: gpuIn(s),
    uploadBytes: s.HEARTH_UPLOAD_MB * 1024 ** 2,
  }
}

function gpuIn(s: z.infer<typeof SETTINGS>): GpuConfig {
  return {
    reuse: s.HEARTH_GPU_REUSE,
    memoryBytes: s.HEARTH_GPU_MEMORY_GB && Math.round(s.HEARTH_GPU_MEMORY_GB * 1024 ** 3),
    reserveBytes: s.HEARTH_GPU_RESERVE_MB * 1024 ** 2,
    models: s.HEARTH_MODELS,
    hosts: s.HEARTH_MODEL_HOSTS,
    hubToken: s.HEARTH_HF_TOKEN,
    comfyuiUrl: s.HEARTH_COMFYUI_URL,
    sdCli: s.HEARTH_SD_CLI,
    python: s.HEARTH_PYTHON,
    launchPrefix: s.HEARTH_LAUNCH_PREFIX,
    launchFolder: s.HEARTH_LAUNCH_FOLDER?.[0],
  }
}

function vendorsIn(s: z.infer<typeof SETTINGS>): VendorsConfig {
  return {
    anthropic: { apiKey: s.ANTHROPIC_API_KEY, baseUrl: s.ANTHROPIC_BASE_URL, scheme: s.ANTHROPIC_SCHEME },
    openai: { apiKey: s.OPENAI_API_KEY, baseUrl: s.OPENAI_BASE_URL },
    google: { apiKey: s.GEMINI_API_KEY, baseUrl: s.GEMINI_BASE_URL },
    xai: { apiKey: s.XAI_API_KEY, baseUrl: s.XAI_BASE_URL },
    compatible: { apiKey: s.COMPATIBLE_API_KEY, baseUrl: s.COMPATIBLE_BASE_URL },
    ollama: { baseUrl: s.OLLAMA_HOST },
  }
}

/** The values that must show up in no log, event or error. */
export function secretsIn({ databaseToken, vendors, gpu }: Config): (string | undefined)[] {
  return [databaseToken, gpu.hubToken, ...Object.values(vendors).map(({ apiKey }: VendorConfig) => apiKey)]
}

function port(fallback: number) {
  return whole(0, 65_535).default(fallback)
}

function whole(least: number, most: number) {
  return z.coerce.number(`takes a whole number from ${least} to ${most}`).int().min(least).max(most)
}

function budget() {
  const error = 'takes an amount in US dollars, as 20 or 2.50, or none'
  const amount = z.coerce.number(error).min(0, error).max(1_000_000, error)
  return z.union([z.literal('none').transform(() => null), amount], error)
}

function gigabytes() {
  const error = 'takes gigabytes, as 8 or 23.5'
  return z.coerce.number(error).min(0.5, error).max(10_000, error)
}

function hostNames() {
  return z
    .string()
    .transform((text) => (text.trim() === 'none' ? [] : text.split(',').map((each) => each.trim().toLowerCase())))
    .pipe(z.array(z.string().regex(HOST, 'takes names of hosts with commas between')))
}

function webAddress() {
  return z.url({ protocol: /^https?$/, error: 'takes a whole address, such as https://hearth.example.org' })
}

/** What can stand in a header: a key with a line break or a letter outside of ASCII would fail with every request. */
function apiKey() {
  return z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, 'takes a key: letters, digits and signs without spaces')
    .optional()
}

function serverAddress() {
  return webAddress()
    .refine((text) => !hasCredentials(text), 'takes an address without a name or password in it')
    .transform((text) => text.replace(/\/+$/, ''))
}

function hasCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

/** Folders with colons between, as PATH has them. */
function folders() {
  const error = 'takes folders from / on, with colons between, and not / itself'
  return z
    .string()
    .transform((text) => text.split(':').filter(Boolean))
    .pipe(
      z.array(
        z
          .string()
          .refine((path) => isAbsolute(path) && resolve(path) !== '/', error)
          .transform((path) => resolve(path)),
      ),
    )
}

function serverAddresses() {
  return z
    .string()
    .transform((text) => (text.trim() === 'none' ? [] : text.split(',').map((each) => each.trim())))
    .pipe(z.array(serverAddress()))
}

/** As Ollama reads it: a host, host:port or URL. The addresses that a server binds to mean this machine to a client. */
function ollamaAddress() {
  return z.string().transform((text, ctx) => {
    const said = /^(?:(https?):\/\/)?(\[[\da-f:.]+\]|[^/:]*|[\da-f:]+:[\da-f:]*)(?::(\d+))?(\/.*)?$/i.exec(
      unquoted(text),
    )
    const [, scheme, host = '', port, path = ''] = said ?? []
    const name = /^(|0\.0\.0\.0|\[?::\]?)$/.test(host) ? '127.0.0.1' : host.includes(':') ? bracketed(host) : host
    const address = `${scheme ?? 'http'}://${name}:${port ?? { http: 80, https: 443 }[scheme ?? ''] ?? 11434}${path}`
    if (said && URL.canParse(address) && !hasCredentials(address)) return address.replace(/\/+$/, '')
    ctx.addIssue({ code: 'custom', message: 'takes a host, host:port or address, such as 192.168.1.20:11434' })
    return z.NEVER
  })
}

function unquoted(text: string): string {
  return text.trim().replace(/^["']+|["']+$/g, '')
}

function bracketed(host: string): string {
  return host.startsWith('[') ? host : `[${host}]`
}

/** What one source says, with the secrets that it only points to. What is blank counts as not said. */
function withSecrets(source: Environment): Environment {
  const said = Object.fromEntries(Object.entries(source).filter(([, value]) => value?.trim()))
  const secrets = SECRETS.flatMap((name) => {
    const path = said[`${name}_FILE`]
    return path ? [[name, readSecret(name, path)]] : []
  })
  return { ...said, ...Object.fromEntries(secrets) }
}

function readSecret(name: string, path: string): string {
  const secret = contentOf(path, (cause) => {
    throw new Invalid(
      'bad_setting',
      `${name}_FILE names ${path}, which can't be read. Check the path and its rights.`,
      { cause },
    )
  }).trim()
  if (secret) return secret
  throw new Invalid('bad_setting', `${name}_FILE names ${path}, which is empty. Write the secret into it.`)
}

function readToml(path: string): Environment {
  const text = contentOf(path, (cause) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '' // the environment and the defaults say it all
    throw new Invalid('bad_setting', `${path} can't be read. Check its rights, or take it away.`, { cause })
  })
  const values = Object.entries(parsedToml(text, path))
  const unknown = values.find(([name]) => !IN_FILE.has(name))
  if (unknown) throw notInFile(unknown[0], path)
  return Object.fromEntries(values.map(([name, value]) => [name, String(value)]))
}

function parsedToml(text: string, path: string): Record<string, unknown> {
  try {
    return Bun.TOML.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw new Invalid('bad_setting', `${path} is not valid TOML: ${(cause as Error).message}`, { cause })
  }
}

function contentOf(path: string, failed: (cause: unknown) => string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    return failed(cause)
  }
}

function notInFile(name: string, path: string): Invalid {
  return new Invalid('bad_setting', `${path} sets ${name}, which is no setting for it. See README.md, “Settings”.`, {
    context: { field: name },
  })
}

function badSetting(error: z.ZodError): Invalid {
  const issue = error.issues[0]!
  const name = String(issue.path[0])
  const says = `The setting ${name} can't be used: it ${issue.message}. See README.md, “Settings”.`
  return new Invalid('bad_setting', says, { context: { field: name } })
}
