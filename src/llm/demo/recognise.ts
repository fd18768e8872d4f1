export type Kind = 'website' | 'program' | 'story'

const SIGNS: [Kind, RegExp][] = [
  [
    'website',
    /\b(?:landing[- ]?pages?|web ?sites?|web ?pages?|home ?pages?|sites?|portfolio|online shop|webseite|site web|página web)\b/i,
  ],
  [
    'program',
    /\b(?:cli|command[- ]line|terminal (?:app|tool|program)|(?:a|small|little|bun|node|typescript|command) (?:script|program)|(?:renamer|converter|counter|finder|cleaner) (?:script|program|tool|utility)|(?:photo|picture|image|file) renamer|(?:script|tool|program|utility|command) (?:that|to|which|for)|(?:rename|convert|count|find)s (?:all |my |every |duplicate )*(?:files?|photos?|words?|csv|duplicates?|lines?|pictures?|images?))\b/i,
  ],
  [
    'story',
    /\b(?:stor(?:y|ies)|tales?|picture ?books?|fairy[- ]?tales?|comics?|films?|storyboards?|novella|fable|movie|legend)\b/i,
  ],
]

/** What the brief asks for: the kind whose words come first in it, a website when there are none. */
export function recognise(brief: string): Kind {
  let first: { kind: Kind; at: number } = { kind: 'website', at: Number.POSITIVE_INFINITY }
  for (const [kind, sign] of SIGNS) {
    const at = brief.search(sign)
    if (at >= 0 && at < first.at) first = { kind, at }
  }
  return first.kind
}
