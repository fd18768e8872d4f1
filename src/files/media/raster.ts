/** What a picture says of itself, without being decoded. Width and height are as it is shown: turned where it says so. */
export interface Raster {
  width: number
  height: number
  /** 1 for a still. */
  frames: number
  /** Where the picture ends, when the format says so: what follows is no part of it. */
  ends?: number
}
