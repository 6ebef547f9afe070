/** The ffmpeg of this host. */
export interface Ffmpeg {
  /** Main version, 4 to 8. */
  version: number;
  /** As it says it, `5.1.9`. */
  text: string;
}
