import { type Recipe, readRecipe, recipeText } from '../recipe.ts'

const NAMESPACE = 'urn:hearth:recipe:1:'
const OPEN = '<hearth:recipe>'
const CLOSE = '</hearth:recipe>'
/** What a picture of an engine that has learned from others' is called, so that it can be told from a photograph. */
const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'

/** An XMP packet (ISO 16684-1) that says by what a picture was made, from which words, and holds its recipe. */
export function xmpOf(recipe: Recipe): string {
  const { engine, engineVersion, model, params } = recipe
  const tool = escaped(`Hearth ${engine} ${engineVersion}`)
  const source = model ? ` Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}"` : ''
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
    ` xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:hearth="${NAMESPACE}"`,
    ` xmp:CreatorTool="${tool}"${source}>`,
    `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escaped(params.prompt)}</rdf:li></rdf:Alt></dc:description>`,
    `${OPEN}${escaped(recipeText(recipe))}${CLOSE}`,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('\n')
}

/** The recipe in a packet that lies anywhere in these bytes; null where there is none. */
export function recipeInXmp(bytes: Uint8Array): Recipe | null {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const from = data.indexOf(OPEN)
  if (from < 0) return null
  const to = data.indexOf(CLOSE, from)
  return to < 0 ? null : readRecipe(unescaped(data.toString('utf8', from + OPEN.length, to)))
}

/** Without what XML 1.0 can't hold. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]|[\uFFFE\uFFFF]/gu, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}

function unescaped(text: string): string {
  return text
    .replace(/&quot;/g, '"')
    .replace(/&gt;/g, '>')
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&')
}
