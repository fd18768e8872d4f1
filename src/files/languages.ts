/** What a file is, told by its name alone. */
interface FileType {
  /** The word for it in lists, events and grammars. */
  language: string
  media: string
  kind: 'text' | 'picture' | 'binary'
}

const UTF8 = '; charset=utf-8'

/** `language: media type: endings`, text in the first table, bytes in the second. */
const TEXTS = `
html: text/html: html htm
css: text/css: css
javascript: text/javascript: js mjs cjs
jsx: text/javascript: jsx
typescript: text/plain: ts mts cts
tsx: text/plain: tsx
json: application/json: json map webmanifest geojson
jsonc: text/plain: jsonc
json5: text/plain: json5
jsonl: application/x-ndjson: jsonl ndjson
yaml: text/yaml: yaml yml
toml: text/plain: toml
xml: application/xml: xml rss atom xsl xsd plist gpx kml
xhtml: application/xhtml+xml: xhtml
markdown: text/markdown: md markdown
csv: text/csv: csv tsv
python: text/plain: py pyi
ruby: text/plain: rb rake gemspec
php: text/plain: php
java: text/plain: java
kotlin: text/plain: kt kts
swift: text/plain: swift
go: text/plain: go
rust: text/plain: rs
c: text/plain: c h
cpp: text/plain: cpp cc cxx hpp hh
csharp: text/plain: cs
lua: text/plain: lua
perl: text/plain: pl pm
r: text/plain: r
sql: text/plain: sql
graphql: text/plain: graphql gql graphqls
bash: text/plain: sh bash zsh
scss: text/plain: scss sass
less: text/plain: less
vue: text/plain: vue
svelte: text/plain: svelte
diff: text/plain: diff patch
ini: text/plain: ini cfg conf properties env
vtt: text/vtt: vtt
`

const BYTES = `
svg: image/svg+xml: svg
png: image/png: png
jpeg: image/jpeg: jpg jpeg
gif: image/gif: gif
webp: image/webp: webp
avif: image/avif: avif
bmp: image/bmp: bmp
tiff: image/tiff: tiff tif
heic: image/heic: heic heif
icon: image/x-icon: ico
mp4: video/mp4: mp4 m4v
webm: video/webm: webm
mov: video/quicktime: mov
mkv: video/x-matroska: mkv
m4a: audio/mp4: m4a
mp3: audio/mpeg: mp3
wav: audio/wav: wav
ogg: audio/ogg: ogg oga
flac: audio/flac: flac
pdf: application/pdf: pdf
font: font/woff2: woff2
font: font/woff: woff
font: font/ttf: ttf
font: font/otf: otf
wasm: application/wasm: wasm
zip: application/zip: zip
archive: application/octet-stream: gz tar 7z xz zst
binary: application/octet-stream: bin exe so dll dylib db sqlite
`

/** Pictures that browsers can't draw. */
const UNDRAWN = new Set(['image/tiff', 'image/heic'])

/** Files that are known by their whole name, in lower case. */
const BY_NAME = new Map([
  ['dockerfile', 'dockerfile'],
  ['containerfile', 'dockerfile'],
  ['makefile', 'makefile'],
  ['gemfile', 'ruby'],
  ['rakefile', 'ruby'],
])

/** `Dockerfile.dev`, `api.dockerfile` */
const OF_DOCKER = /^(?:docker|container)file\.|\.dockerfile$/

const PLAIN: FileType = { language: 'text', media: `text/plain${UTF8}`, kind: 'text' }
const BY_ENDING = new Map([...rowsOf(TEXTS, true), ...rowsOf(BYTES, false)])

/** The language of a file, as a lower-case word: `html`, `python`, `png`; `text` when nothing better is known. */
export function languageOf(path: string): string {
  return typeOf(path).language
}

/** The media type with which a file is served where its content may act as what it is. */
export function mediaTypeOf(path: string): string {
  return typeOf(path).media
}

/** Whether a file is read as text, shown as a picture, or neither. An SVG is a picture that is also text. */
export function kindOf(path: string): 'text' | 'picture' | 'binary' {
  return typeOf(path).kind
}

function typeOf(path: string): FileType {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const whole = BY_NAME.get(name)
  if (whole) return { ...PLAIN, language: whole }
  const known = BY_ENDING.get(name.slice(name.lastIndexOf('.') + 1))
  return known ?? (OF_DOCKER.test(name) ? { ...PLAIN, language: 'dockerfile' } : PLAIN)
}

function rowsOf(table: string, text: boolean): [string, FileType][] {
  return table
    .trim()
    .split('\n')
    .flatMap((row) => {
      const [language, media, endings] = row.split(': ') as [string, string, string]
      const picture = media.startsWith('image/') && !UNDRAWN.has(media)
      const type: FileType = {
        language,
        media: text ? media + UTF8 : media,
        kind: text ? 'text' : picture ? 'picture' : 'binary',
      }
      return endings.split(' ').map((ending): [string, FileType] => [ending, type])
    })
}
