import { Conflict, DomainError, Invalid } from '../../errors.ts'

/** More than is taken at once. */
export class ImportTooBig extends Invalid {
  override name = 'ImportTooBig'
  constructor(sentence: string, limit: number) {
    super('import_too_big', `${sentence} Import it in parts.`, { context: { limit } })
  }
}

export function tooManyFiles(limit: number): Invalid {
  return new Invalid('import_too_many', `These are more than ${limit} files. Import them in parts.`, {
    context: { limit },
  })
}

export function nothingToImport(): Invalid {
  return new Invalid('import_empty', 'There is no file in it that can be imported. Choose another zip or folder.')
}

/** Two that would be one file on some systems, or a file that is also a folder. */
export function collides(path: string, other: string): Invalid {
  return new Invalid(
    'import_collides',
    path === other
      ? `“${path}” is in it twice. Remove one of them, then import it again.`
      : `“${path}” and “${other}” can’t stand side by side: some systems take them for the same. Rename one, then import it again.`,
    { context: { path, other } },
  )
}

/** What is no plain file. */
export function noFile(path: string, what: string): Invalid {
  return new Invalid(
    'import_link',
    `“${path}” is ${what}, and only plain files can be imported. Replace it by what it stands for.`,
    { context: { path } },
  )
}

/** Files that are there with other content. Nothing was done. */
export function filesInTheWay(paths: string[], shown: number): Conflict {
  const many = paths.length === 1 ? `“${paths[0]}” is there` : `${paths.length} of these files are there`
  return new Conflict(
    'import_conflicts',
    `${many} already with other content, so nothing was imported. Choose to replace what is there, to keep both, or to skip.`,
    { context: { count: paths.length, paths: paths.slice(0, shown), modes: ['replace', 'keep-both', 'skip'] } },
  )
}

export function importBusy(): DomainError {
  return new DomainError('import_busy', 'Other imports are being read. Try again in a minute.', {
    retryable: true,
    retryAfterMs: 60_000,
  })
}

export function notSent(): Invalid {
  return new Invalid('import_body', 'Send a zip as application/zip, or files as multipart/form-data.')
}

const ZIP = {
  zip_unreadable: 'This is no zip, or its end is missing. Make it again, then import that.',
  zip_ambiguous: 'Different programs would find different files in this zip. Make it again, then import that.',
  zip_overlapping:
    'Files of this zip lie over each other, as in one that is made to fill a disk. Make it again, then import that.',
  zip_bomb:
    'This zip unpacks to far more than its size, as one does that is made to fill a disk. Import its files as a folder.',
  zip_damaged: 'A file in this zip is damaged. Make it again, then import that.',
  zip_encrypted: 'Files in this zip are encrypted. Make one without a password.',
  zip_unsupported:
    'This zip is made in a way that Hearth does not read. Make a plain one: one part, no ZIP64, deflated or stored.',
} as const

export type ZipFault = keyof typeof ZIP

/** A zip that is not taken, and why. */
export function badZip(fault: ZipFault, context: Record<string, unknown> = {}, cause?: unknown): Invalid {
  return new Invalid(fault, ZIP[fault], { context, cause })
}
