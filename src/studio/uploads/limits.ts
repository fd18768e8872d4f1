const MIB = 2 ** 20

/** Files of one request. */
export const MOST_FILES = 1_000
/** A picture, in bytes, before it is looked at: no camera makes larger ones. */
export const MOST_PICTURE_BYTES = 256 * MIB
/** How long sending may take, ms. */
export const LONGEST_MS = 2 * 60 * 60_000
/** Uploads that are read at once, and how many may wait. */
export const AT_ONCE = 8
export const WAITING = 64
/** How much arrives before the free space of the disk is looked at again, in bytes. */
export const LOOK_AGAIN_BYTES = 64 * MIB
/** Where uploads go when nobody says otherwise. */
export const USUAL_FOLDER = 'uploads'
