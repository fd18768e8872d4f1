/**
 * Where each file on board lies inside the single binary: name -> path. Undefined in a checkout, where they are read
 * from the disk; `scripts/build.ts` puts a filled module in this one's place.
 */
export const packed: Readonly<Record<string, string>> | undefined = undefined
