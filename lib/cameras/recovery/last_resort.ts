/** When the power of a camera was cut, or somebody was asked to, last: kept over a restart. */
export interface LastResort {
  /** Wall clock; null: never. */
  get(cameraId: string): Promise<number | null>;
  set(cameraId: string, tMs: number): Promise<void>;
}
