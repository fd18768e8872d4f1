import { palette, paletteFor, properties } from '../palette.ts'
import { type DemoContent, type DemoTask, group, render, write } from '../plan.ts'
import { TYPEFACES } from '../typefaces.ts'
import { clip, fill, markdown, pick } from '../words.ts'
import { type Cast, readCast } from './cast.ts'
import { readerPage, storyText } from './reader.ts'
import scriptText from './script.js.txt' with { type: 'text' }
import stylesTemplate from './styles.css.txt' with { type: 'text' }
import { type Chapter, tell } from './telling.ts'

/** An illustrated story from a brief: the text, a page to read it on, and a picture for each chapter. */
export function illustratedStory(brief: string): DemoContent {
  const cast = readCast(brief)
  const colours = /\b(?:dark|night|spooky|ghost)\b/i.test(brief)
    ? palette('plum')
    : paletteFor(['moss', 'sea', 'plum', 'clay', 'crust', 'rose'], brief)
  const types = TYPEFACES[pick(['classic', 'book', 'fashion', 'workshop'] as const, brief, 'types')]
  const chapters = tell(cast, colours, brief)
  const styles = fill(stylesTemplate, {
    day: properties(colours.day),
    night: properties(colours.night).replace(/^/gm, '  '),
    display: types.display,
    weight: types.weight,
    spacing: types.spacing,
  })
  const files = new Map([
    ['story.md', storyText(cast, chapters, brief)],
    ['styles.css', styles],
    ['script.js', scriptText],
    ['index.html', readerPage(cast, chapters)],
    ['README.md', readme(cast, chapters, brief)],
  ])
  return {
    plan: { title: clip(cast.title, 80), summary: summary(cast, chapters), tasks: tasks(cast, chapters) },
    files,
  }
}

function summary({ subject, filmed, place, seconds }: Cast, chapters: Chapter[]): string {
  const form = filmed
    ? `A storyboard of ${chapters.length} scenes for ${seconds} seconds`
    : `An illustrated story in ${chapters.length} chapters`
  return clip(`${form} about ${subject}, set in ${place}, with a picture for each and a page to read it on.`, 600)
}

function tasks(cast: Cast, chapters: Chapter[]): DemoTask[] {
  const part = cast.filmed ? 'scenes' : 'chapters'
  return [
    group('words', 'The story'),
    write(
      'story',
      'words',
      'story.md',
      `The story of ${cast.subject}, in ${chapters.length} ${part}, set in ${cast.place}.`,
    ),
    group('book', 'The book'),
    write('styles', 'book', 'styles.css', 'A calm page to read on, light and dark, from phone to desk.'),
    write('script', 'book', 'script.js', 'How far the reader is, and arrow keys from chapter to chapter.'),
    write('reader', 'book', 'index.html', `The cover of “${cast.title}”, its ${part} and their pictures.`, [
      'story',
      'styles',
      'script',
    ]),
    group('pictures', 'Pictures'),
    ...chapters.map(({ picture }) => render(picture, 'pictures')),
    group('finish', 'Finishing'),
    write('readme', 'finish', 'README.md', 'What is here, how to read it and how it was made.', ['story', 'reader']),
  ]
}

function readme({ title, filmed }: Cast, chapters: Chapter[], brief: string): string {
  return `# ${markdown(title)}

${filmed ? 'An illustrated storyboard' : 'An illustrated story'}, made from this brief:

> ${markdown(clip(brief, 500))}

- Open \`index.html\` in a browser to read it. The arrow keys turn the page; it prints well too.
- \`story.md\` is the text alone.
- \`images/\` holds a picture for each ${filmed ? 'scene' : 'chapter'}:

| Picture | Shows |
| --- | --- |
${chapters.map(({ picture }) => `| \`${picture.path}\` | ${markdown(picture.alt)} |`).join('\n')}

It was written by Hearth's built-in demo model. That is a set of templates, not an AI: the names and places come from the
brief, the plot does not.
`
}
