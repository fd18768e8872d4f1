import { CLIPS, countIn } from './names.ts'
import type { DemoContent, DemoTask } from './plan.ts'
import type { Kind } from './recognise.ts'
import { clip as cut, plural } from './words.ts'

const FILM = new RegExp(String.raw`\b(?:${CLIPS}|animated)\b`, 'i')
const DRAWN = /\b(?:storyboards?|comics?)\b/i
/** What a site is to have stands behind one of these; before them is what it is about, which may be films. */
const WANTED = /\b(?:with|including|featuring|plus|and|shows?|showing|has|have)\s.*$/is
/** Only stories count their pictures, and those of a film are clips, all of them. */
const ALL_OF_THEM = /^- `images\/` holds (\d+) pictures?:$/m
const [SUMMARY_LENGTH, PROMPT_LENGTH] = [600, 600]
const SIZE = { width: 832, height: 480 }

/** How many clips a site is to have. */
export function clipsOfSite(brief: string): number {
  return countIn(brief.match(WANTED)?.[0] ?? '', CLIPS) ?? 0
}

/** The project with the clips that its brief asks for in the place of as many pictures; where none can be made, the pictures stand in for them. */
export function withClips(kind: Kind, brief: string, content: DemoContent, canBeMade: boolean): DemoContent {
  const pictures = content.plan.tasks.filter(({ kind: what }) => what === 'render')
  const isFilm = kind === 'story' && FILM.test(brief) && !DRAWN.test(brief)
  const asked = isFilm ? pictures.length : kind === 'website' ? Math.min(clipsOfSite(brief), pictures.length) : 0
  if (asked === 0) return content
  if (!canBeMade) return says(content, 'Nothing here makes clips yet, so pictures stand in for them.')
  const chosen = pictures.slice(0, asked)
  const filmed = chosen.reduce(withClip, content)
  const isAll = asked === pictures.length
  const tasks = filmed.plan.tasks.map((task) =>
    task.id === 'pictures' ? { ...task, title: isAll ? 'Clips' : 'Pictures and clips' } : task,
  )
  return says(
    { ...filmed, plan: { ...filmed.plan, tasks } },
    isAll
      ? 'All of the pictures are clips.'
      : `${plural(asked, 'picture')} of it ${asked === 1 ? 'is a clip' : 'are clips'}.`,
  )
}

function says({ plan, files }: DemoContent, sentence: string): DemoContent {
  return { plan: { ...plan, summary: cut(`${plan.summary} ${sentence}`, SUMMARY_LENGTH) }, files }
}

/** One picture as a clip: in the plan, and in all that shows or names it. */
function withClip({ plan, files }: DemoContent, picture: DemoTask): DemoContent {
  const clip = picture.path!.replace(/^images\/(.*)\.png$/, 'clips/$1.mp4')
  const prompt = cut(`${picture.prompt} Slow movement, a camera that hardly moves.`, PROMPT_LENGTH)
  const tasks = plan.tasks.map((task) => (task === picture ? { ...task, ...SIZE, prompt, path: clip } : task))
  const texts = [...files].map(([path, text]) => [path, shown(path, text, picture.path!, clip)] as const)
  return { plan: { ...plan, tasks }, files: new Map(texts) }
}

function shown(path: string, text: string, picture: string, clip: string): string {
  if (path.endsWith('.css')) return text.replace(/(?<=^|[\s,])img(?=[\s,])(?=[^;]*\{)/gm, ':is(img, video)')
  const poster = clip.replace(/\.mp4$/, '.jpg')
  const at = RegExp.escape(picture)
  const film = `<video src="${clip}" poster="${poster}" width="${SIZE.width}" height="${SIZE.height}" controls muted loop playsinline preload="none" aria-label="$1"></video>`
  return text
    .replace(ALL_OF_THEM, '- `clips/` holds $1 clips:')
    .replace(new RegExp(`<img src="${at}"[^>]*? alt="([^"]*)"[^>]*>`, 'g'), film)
    .replace(new RegExp(String.raw`!\[([^\n]*?)\]\(${at}\)`, 'g'), `[![$1](${poster})](${clip})`)
    .replaceAll(picture, clip)
}
