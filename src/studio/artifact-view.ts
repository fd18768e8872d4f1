import type { Artifact } from './tables.ts'

/** An artifact as the API shows it. */
export function artifactJson({ hash: sha256, poster, ...artifact }: Artifact) {
  const { id } = artifact
  return {
    ...artifact,
    sha256,
    url: contentUrl(id),
    poster: poster ? `${artifactApi(id)}/poster` : null,
    recipe: artifact.recipe ?? null,
  }
}

export function contentUrl(id: string): string {
  return `${artifactApi(id)}/content`
}

/** The page of an artifact. */
export function artifactUrl(id: string): string {
  return `/artifacts/${encodeURIComponent(id)}`
}

/** Where the API has it. */
export function artifactApi(id: string): string {
  return `/api/artifacts/${encodeURIComponent(id)}`
}
