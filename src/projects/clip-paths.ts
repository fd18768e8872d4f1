const CLIP = /\.mp4$/i

/** Whether a task that renders makes a clip: its path says so, as that of a picture ends in `.png`. */
export function isClip(path: string | null): boolean {
  return path !== null && CLIP.test(path)
}

/** Where the first frame of a planned clip is kept, beside it: what pages show until it plays. */
export function posterPath(path: string): string {
  return path.replace(CLIP, '.jpg')
}

/** All files that a task makes. */
export function pathsOfTask({ kind, path }: { kind: string; path: string | null }): string[] {
  if (path === null) return []
  return kind === 'render' && isClip(path) ? [path, posterPath(path)] : [path]
}
