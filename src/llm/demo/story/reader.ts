import { html, markdown } from '../words.ts'
import type { Cast } from './cast.ts'
import type { Book, Chapter, StoryPicture } from './telling.ts'

/** The page that the story is read on. */
export function readerPage({ title, subject, filmed, seconds }: Cast, book: Book): string {
  const { chapters, cover, end, pictures } = book
  const word = filmed ? 'Scene' : 'Chapter'
  const kind = filmed ? `A storyboard · ${seconds} seconds` : pictures.length > 0 ? 'An illustrated story' : 'A story'
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${html(title)}</title>
  <meta name="description" content="${html(`${kind}: ${subject}`)}">
  <link rel="stylesheet" href="styles.css">
  <script src="script.js" defer></script>
</head>
<body>
  <a class="skip" href="#chapter-1">Skip to the story</a>
  <div class="progress" aria-hidden="true"><span></span></div>
  <header class="cover">
    <p class="kind">${html(kind)}</p>
    <h1 dir="auto">${html(title)}</h1>
    <p class="about" dir="auto">The story of ${html(subject)}</p>${cover ? `\n    ${figure(cover, true)}` : ''}
    <nav aria-label="${word}s">
      <ol>
${chapters.map(({ number, title: name }) => `        <li><a href="#chapter-${number}">${html(name)}</a></li>`).join('\n')}
      </ol>
    </nav>
  </header>

  <main>
${chapters.map((chapter) => section(chapter, word, filmed, cover === null)).join('\n\n')}
  </main>

  <footer>${end ? `\n    ${figure(end, false)}` : ''}
    <p class="end" aria-hidden="true">✦</p>
    <p>The end. <a href="#chapter-1">Read it again</a>, or take the text with you: <a href="story.md">story.md</a>.</p>
  </footer>
</body>
</html>
`
}

/** The same story as one Markdown file. */
export function storyText({ title, filmed, seconds }: Cast, { chapters, cover, end }: Book, brief: string): string {
  const note = filmed ? `Storyboard, ${seconds} seconds in ${chapters.length} scenes.\n\n` : ''
  const parts = chapters.map(({ number, title: name, paragraphs, picture, shot, seconds: length }) => {
    const shown = picture ? `${inText(picture)}\n\n` : ''
    const camera = filmed ? `*${shot}. ${length} s.*\n\n` : ''
    return `## ${number}. ${markdown(name)}\n\n${shown}${camera}${paragraphs.map(markdown).join('\n\n')}\n`
  })
  return `# ${markdown(title)}\n\n${cover ? `${inText(cover)}\n\n` : ''}${note}${parts.join('\n')}\n${end ? `${inText(end)}\n\n` : ''}---\n\nWritten by Hearth's built-in demo model (templates, not an AI) from the brief: ${markdown(brief.slice(0, 300).toWellFormed())}\n`
}

function section(
  { number, title, paragraphs, picture, shot, seconds }: Chapter,
  word: string,
  filmed: boolean,
  isOnTop: boolean,
): string {
  const camera = filmed ? `\n      <p class="shot"><strong>${seconds} s</strong> ${html(shot)}</p>` : ''
  const image = picture ? `      ${figure(picture, number === 1 && isOnTop)}\n` : ''
  return `    <section class="chapter" id="chapter-${number}" aria-labelledby="title-${number}" tabindex="-1">
${image}      <p class="number">${word} ${number}</p>
      <h2 id="title-${number}">${html(title)}</h2>${camera}
${paragraphs.map((text, at) => `      <p${at === 0 ? ' class="first"' : ''} dir="auto">${html(text)}</p>`).join('\n')}
    </section>`
}

function figure({ path, width, height, alt }: StoryPicture, isFirst: boolean): string {
  const loading = isFirst ? 'fetchpriority="high"' : 'loading="lazy"'
  return `<figure><img src="${path}" width="${width}" height="${height}" alt="${html(alt)}" ${loading}></figure>`
}

function inText({ path, alt }: StoryPicture): string {
  return `![${markdown(alt)}](${path})`
}
