/** Resolves when all that was said has been read, or can't be any more. Nothing can be said afterwards. */
export async function allSaid(): Promise<void> {
  const ended = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.end(() => resolve()))
  await Promise.all([ended(process.stdout), ended(process.stderr)])
}
