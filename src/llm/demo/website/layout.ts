import { clip, html, initial } from '../words.ts'
import type { SitePage } from './asked-pages.ts'
import type { Site, SitePicture } from './site.ts'

/** A whole page around its main part. */
export function page(site: Site, current: SitePage, main: string): string {
  const name = html(site.name)
  const title =
    current.kind === 'home'
      ? `${name} · ${html(clip(site.trade.headlines[0]!, 60))}`
      : `${html(current.title)} · ${name}`
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <meta name="description" content="${html(clip(site.trade.lead, 155))}">
  <meta name="theme-color" content="${site.palette.day.paper}" media="(prefers-color-scheme: light)">
  <meta name="theme-color" content="${site.palette.night.paper}" media="(prefers-color-scheme: dark)">
  <link rel="stylesheet" href="styles.css">
  <script src="script.js" defer></script>
</head>
<body>
  <a class="skip" href="#main">Skip to the content</a>
  <header class="top">
    <div class="wrap top-row">
      ${brand(site)}
      <button class="nav-toggle" type="button" aria-expanded="false" aria-controls="nav" hidden>Menu</button>
      <nav id="nav" aria-label="Main">
        <ul>
${navigation(site, current)}
        </ul>
      </nav>
    </div>
  </header>

  <main id="main">
${main}
  </main>

${footer(site)}
</body>
</html>
`
}

/** A picture with its size, so that nothing jumps while it loads. */
export function image(picture: SitePicture, first = false): string {
  const loading = first ? 'fetchpriority="high"' : 'loading="lazy"'
  return `<img src="${picture.path}" width="${picture.width}" height="${picture.height}" alt="${html(picture.alt)}" ${loading}>`
}

/** The head of an inner page. */
export function pageHead(eyebrow: string, title: string, lead: string): string {
  return `    <section class="page-head">
      <div class="wrap">
        <p class="eyebrow" dir="auto">${html(eyebrow)}</p>
        <h1>${html(title)}</h1>
        <p class="lead" dir="auto">${html(lead)}</p>
      </div>
    </section>`
}

export function pageOf(site: Site, ...kinds: SitePage['kind'][]): SitePage | undefined {
  return site.pages.find(({ kind }) => kinds.includes(kind))
}

function brand({ name }: Site): string {
  return `<a class="brand" href="index.html"><span class="mark" aria-hidden="true">${html(initial(name))}</span><span dir="auto">${html(name)}</span></a>`
}

function navigation(site: Site, current: SitePage): string {
  const links = site.pages.map(({ path, title }) => [path, title])
  if (!pageOf(site, 'visit')) links.push(['index.html#visit', site.week ? 'Visit' : 'Contact'])
  return links
    .map(([path, title]) => {
      const here = path === current.path ? ' aria-current="page"' : ''
      return `          <li><a href="${path}"${here}>${html(title!)}</a></li>`
    })
    .join('\n')
}

function footer(site: Site): string {
  const links = site.pages.map(({ path, title }) => `        <li><a href="${path}">${html(title)}</a></li>`).join('\n')
  const where = site.place ? ` · ${html(site.place)}` : ''
  return `  <footer class="foot">
    <div class="wrap foot-row">
      <div>
        ${brand(site)}
        <p class="soft" dir="auto">${html(site.trade.headlines.at(-1)!)}</p>
      </div>
      <ul aria-label="Pages">
${links}
      </ul>
      <p><a href="mailto:${site.email}">${site.email}</a><br><span class="soft" dir="auto">© <span data-year>2026</span> ${html(site.name)}${where}</span></p>
    </div>
  </footer>`
}
