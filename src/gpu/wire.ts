// What both sides of the protocol know without reading its schemas: a worker starts for each picture, and the schemas take longer to load than a small one to draw.

/** The version of the folder and of the lines. */
export const PROTOCOL = 2
/** Longest line, in bytes. Pictures travel as files. */
export const LINE_LIMIT = 64 * 1024
/** Lines that can't be read before the child is given up. */
export const GARBAGE_LIMIT = 20

/** What a worker's exit code means (sysexits where one fits). */
export const EXIT = {
  done: 0,
  badSpec: 65,
  modelMissing: 69,
  disk: 74,
  preempted: 75,
  badOutput: 76,
  outOfMemory: 77,
  deviceFatal: 78,
  cancelled: 130,
} as const
