import { clip, markdown } from '../words.ts'
import type { Site } from './site.ts'

/** What the site is, how to look at it, and, honestly, what the demo made up. */
export function readme({ brief, name, pages, pictures, palette, week, email }: Site): string {
  return `# ${markdown(name)}

A website made from this brief:

> ${markdown(clip(brief, 500)) || '(an empty brief)'}

It was written by Hearth's built-in demo model. That is a set of templates, not an AI: it used the words of the brief and
made up the rest.

## Look at it

Open \`index.html\` in a browser. There is nothing to install or build, and the pages fetch nothing from elsewhere.

## What is here

| File | What it is |
| --- | --- |
${pages.map(({ path, title }) => `| \`${path}\` | ${markdown(title)} |`).join('\n')}
| \`styles.css\` | Colours (${palette.words}), type and layout; light and dark |
| \`script.js\` | The narrow navigation${week ? ', “open now”' : ''} and the year; the site works without it |
${pictures.map(({ path, alt }) => `| \`${path}\` | ${markdown(alt)} |`).join('\n')}

## Before you publish it

- Replace the address, the telephone number and \`${email}\`: they are placeholders.
- Check every claim, figure and price${week ? ', and the opening hours' : ''}: the demo invented what the brief did not say.
- To change the colours, edit the custom properties at the top of \`styles.css\`.
`.replace(/\n\n\n+/g, '\n\n')
}
