import { palette, paletteFor, properties } from '../palette.ts'
import { type DemoContent, type DemoTask, group, render, write } from '../plan.ts'
import { TYPEFACES } from '../typefaces.ts'
import { clip, fill, markdown, pick, plural } from '../words.ts'
import { type Cast, readCast } from './cast.ts'
import { readerPage, storyText } from './reader.ts'
import scriptText from './script.js.txt' with { type: 'text' }
import stylesTemplate from './styles.css.txt' with { type: 'text' }
import { type Book, type StoryPicture, tell } from './telling.ts'

/** An illustrated story from a brief: the text, a page to read it on, and a picture for each chapter. */
export function illustratedStory(brief: string): DemoContent {
  const cast = readCast(brief)
  const colours = /\b(?:dark|night|spooky|ghost)\b/i.test(brief)
    ? palette('plum')
    : paletteFor(['moss', 'sea', 'plum', 'clay', 'crust', 'rose'], brief)
  const types = TYPEFACES[pick(['classic', 'book', 'fashion', 'workshop'] as const, brief, 'types')]
  const book = tell(cast, colours, brief)
  const styles = fill(stylesTemplate, {
    day: properties(colours.day),
    night: properties(colours.night).replace(/^/gm, '  '),
    display: types.display,
    weight: types.weight,
    spacing: types.spacing,
  })
  const files = new Map([
    ['story.md', storyText(cast, book, brief)],
    ['styles.css', styles],
    ['script.js', scriptText],
    ['index.html', readerPage(cast, book)],
    ['README.md', readme(cast, book, brief)],
  ])
  return {
    plan: { title: clip(cast.title, 80), summary: summary(cast, book), tasks: tasks(cast, book) },
    files,
  }
}

function summary({ subject, filmed, place, seconds }: Cast, { chapters, pictures }: Book): string {
  const form = filmed
    ? `A storyboard of ${plural(chapters.length, 'scene')} for ${seconds} seconds`
    : `${kindOf(pictures.length)} in ${plural(chapters.length, 'chapter')}`
  return clip(
    `${form} about ${subject}, set in ${place}, with ${shown(chapters.length, pictures.length)} and a page to read it on.`,
    600,
  )
}

function shown(chapters: number, pictures: number): string {
  if (pictures === 0) return 'no pictures'
  return pictures === chapters && chapters > 1 ? 'a picture for each' : plural(pictures, 'picture')
}

function kindOf(pictures: number): string {
  return pictures > 0 ? 'An illustrated story' : 'A story'
}

function tasks(cast: Cast, { chapters, pictures }: Book): DemoTask[] {
  const part = cast.filmed ? 'scene' : 'chapter'
  return [
    group('words', 'The story'),
    write(
      ['story', 'words'],
      'Story text',
      'story.md',
      `The story of ${cast.subject}, in ${plural(chapters.length, part)}, set in ${cast.place}.`,
    ),
    group('book', 'The book'),
    write(
      ['styles', 'book'],
      'Colours and type',
      'styles.css',
      'A calm page to read on, light and dark, from phone to desk.',
    ),
    write(
      ['script', 'book'],
      'Small script',
      'script.js',
      'How far the reader is, and arrow keys from chapter to chapter.',
    ),
    write(
      ['reader', 'book'],
      'Reading page',
      'index.html',
      `The cover of “${cast.title}”, its ${part}s and what they show.`,
      ['story', 'styles', 'script'],
    ),
    ...(pictures.length > 0 ? [group('pictures', 'Pictures')] : []),
    ...pictures.map((picture) => render(picture, 'pictures')),
    group('finish', 'Finishing'),
    write(['readme', 'finish'], 'Read me', 'README.md', 'What is here, how to read it and how it was made.', [
      'story',
      'reader',
    ]),
  ]
}

function readme({ title, filmed }: Cast, { pictures }: Book, brief: string): string {
  return `# ${markdown(title)}

${filmed ? 'A storyboard' : kindOf(pictures.length)}, made from this brief:

> ${markdown(clip(brief, 500))}

- Open \`index.html\` in a browser to read it. The arrow keys turn the page; it prints well too.
- \`story.md\` is the text alone.
${pictureTable(pictures)}
It was written by Hearth's built-in demo model. That is a set of templates, not an AI: the names and places come from the
brief, the plot does not.
`
}

function pictureTable(pictures: StoryPicture[]): string {
  if (pictures.length === 0) return ''
  const rows = pictures.map(({ path, alt }) => `| \`${path}\` | ${markdown(alt)} |`).join('\n')
  return `- \`images/\` holds ${plural(pictures.length, 'picture')}:\n\n| Picture | Shows |\n| --- | --- |\n${rows}\n`
}
